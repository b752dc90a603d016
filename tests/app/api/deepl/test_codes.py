from __future__ import annotations

import pytest

from app.api.deepl.codes import source_code, target_codes


@pytest.mark.parametrize(
    ("served", "source", "targets"),
    [
        ("en", "EN", ("EN-GB", "EN-US")),
        ("eng_Latn", "EN", ("EN-GB", "EN-US")),
        ("en-US", "EN", ("EN-US",)),
        ("pt", "PT", ("PT-BR", "PT-PT")),
        ("pob", "PT", ("PT-BR",)),
        ("deu_Latn", "DE", ("DE",)),
        ("no", "NB", ("NB",)),
        ("nob_Latn", "NB", ("NB",)),
        ("zho_Hans", "ZH", ("ZH", "ZH-HANS")),
        ("zho_Hant", "ZH", ("ZH-HANT",)),
        ("es-419", "ES", ("ES-419",)),
        ("ace_Latn", "ACE", ("ACE",)),
    ],
)
def test_language_has_deepls_code_whatever_the_checkpoint_calls_it(
    served: str, source: str, targets: tuple[str, ...]
) -> None:
    assert source_code(served) == source
    assert target_codes(served) == targets
