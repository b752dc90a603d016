"""How each family tells a checkpoint the languages; pure.

| family   | before the pieces             | target prefix |
|----------|-------------------------------|---------------|
| Marian   | `>>por<<` where multi-target  |               |
| NLLB     | `eng_Latn`                    | `por_Latn`    |
| M2M-100  | `__en__`                      | `__pt__`      |
| mBART-50 | `en_XX`                       | `pt_XX`       |
| MADLAD   | `<2pt>`                       |               |
| T5       | "translate English to German: " as text |     |

Every source ends with the end token; `CheckpointTokenizer` sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_pool.catalog.languages import TOKEN_SHAPES
from model_pool.catalog.manifest import Family


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds one segment.

    tokens: go before the pieces as they are.
    control: our own text whose pieces go before the user's, control tokens kept.
    lead: our own text that is encoded together with the user's.
    target_prefix: tokens that the target is made to start with.
    """

    tokens: tuple[str, ...] = ()
    control: str = ""
    lead: str = ""
    target_prefix: tuple[str, ...] = ()


def frame(family: Family, source_token: str, target_token: str) -> Frame:
    """Return the frame for a pair, given the manifest's tokens for its languages."""
    match family:
        case Family.MARIAN:
            return Frame(tokens=(target_token,) if target_token else ())
        case Family.NLLB | Family.M2M100 | Family.MBART50:
            return Frame(tokens=(source_token,), target_prefix=(target_token,))
        case Family.T5:
            return _t5(source_token, target_token)


def _t5(source_token: str, target_token: str) -> Frame:
    if TOKEN_SHAPES[Family.T5].fullmatch(target_token):
        return Frame(control=target_token)
    if target_token:
        return Frame(lead=f"translate {source_token} to {target_token}: ")
    return Frame()
