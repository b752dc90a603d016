"""Other servers to compare with: how each is installed, prepared and started; touches a work directory only."""
