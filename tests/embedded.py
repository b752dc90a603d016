"""What the embedded students say to sentences that many tests translate: to be changed here when they are made anew."""

WEATHER_IN_PORTUGUESE = "O tempo é bom hoje."
"""The weather is nice today."""

WALK_IN_PORTUGUESE = "Vamos andar?"
"""Shall we walk?"""

HOUSE_IN_PORTUGUESE = "A casa é vermelha."
"""The house is red."""
