"""What sentencex breaks that should stay whole, as data: one `Corrections` per language. Pure.

To teach a language an abbreviation, add it here and a line to the golden tests. Write it without its last dot; an
entry in lower case also covers the same word with a capital, an entry with a capital covers only itself ("Me" is a
French title, "me" is a word).
"""

# ruff: noqa: RUF001
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Corrections:
    """Reasons not to end a sentence, for one language.

    titles: abbreviations that never end a sentence, whatever comes next.
    before_number: abbreviations that do not end a sentence where a number comes next.
    ordinals: "2." before a word is an ordinal, not an end.
    continuations: what does not start a sentence right after a closing bracket or quotation mark.
    """

    titles: frozenset[str] = frozenset()
    before_number: frozenset[str] = frozenset()
    ordinals: bool = False
    continuations: tuple[str, ...] = ()


def corrections_for(language: str) -> Corrections:
    """The corrections of a primary subtag; a language without its own has those of abbreviations found everywhere."""
    return _BY_LANGUAGE.get(language, _EVERYWHERE)


def _corrections(
    titles: str = "", before_number: str = "", *, ordinals: bool = False, continuations: tuple[str, ...] = ()
) -> Corrections:
    return Corrections(
        frozenset(_TITLES_EVERYWHERE + titles.split()),
        frozenset(_NUMBERED_EVERYWHERE + before_number.split()),
        ordinals=ordinals,
        continuations=continuations,
    )


_TITLES_EVERYWHERE = ["Dr", "Prof", "St"]
_NUMBERED_EVERYWHERE = ["No", "Nos", "nr", "art", "fig", "p", "pp", "ref", "tab", "tel", "vol"]
_EVERYWHERE = _corrections()

_BY_LANGUAGE = {
    "ca": _corrections("Sr Sra Srta Excm Av Univ Ajunt", "núm pàg pàgs tel ap aprox"),
    "cs": _corrections("Bc Ing Mgr MUDr JUDr PhDr RNDr Doc sv ul nám", "č čís str odst obr", ordinals=True),
    "da": _corrections("Hr Fr Frk Adv Sct", "kap s stk afsn ca", ordinals=True),
    "de": _corrections(
        "Hr Fr Frl Hrn Dipl Ing Hrsg Inh Univ Abt Ges Mio Mrd Geb Jr bspw evtl ggf inkl exkl insb zzgl",
        "Abb Abs Anm Bd Bsp Kap Nr Nrn S Str Tsd Ziff Zi ca Jg Jh Aufl",
        ordinals=True,
    ),
    "en": _corrections(
        "Mr Mrs Ms Mx Messrs Fr Rev Hon Gen Col Capt Cmdr Lt Maj Sgt Sen Gov Pres Mt Ft viz cf i.e e.g",
        "approx ca ch chap cl col ed eq eqs est ext fol para pt sec sect sect",
    ),
    "es": _corrections(
        "D Dª Dña Dn Sr Sra Srta Sres Sras Dra Dres Lic Licda Ing Arq Excmo Excma Ilmo Ilma Sto Sta Fr Mons Gral Cnel "
        "Cap Tte Av Avda Pza Univ Dpto Depto Vda Hno Hna",
        "núm núms n.º pág págs art arts aprox tel tfno apdo ap ed ej fasc lám párr cap",
    ),
    "et": _corrections("hr pr dots", "lk nr joon tab", ordinals=True),
    "fi": _corrections("hra rva tri", "s n nro luku kuva os", ordinals=True),
    "fr": _corrections(
        "M MM Mr Mme Mmes Mlle Mlles Me Mes Mgr Dre Pr Pre Vve Ste Sts Av Bd Boul Pl Cie Ets Univ Éd Sté Cf",
        "n no nos fig pp chap art al par tél env ex app éd t sect tabl v",
    ),
    "gl": _corrections("D Dª Dna Sr Sra Srta Dra Univ Av Avda", "núm páx páxs tel aprox"),
    "hr": _corrections("gosp gđa mr sc dipl ing ul sv", "br str čl sl", ordinals=True),
    "hu": _corrections("özv ifj id Szt", "sz old kb u", ordinals=True),
    "it": _corrections(
        "Sig Sigg Sig.ra Sig.na Dott Dott.ssa Prof.ssa Avv Ing Arch Geom Rag On Sen Cav Comm Mons Don Suor S SS Sto "
        "Sta Spett Egr Gent Gent.ma Gent.mo Univ P.za V.le",
        "pag pagg n nn num tav par all ca cap ed es",
    ),
    "ja": _corrections(continuations=("と", "って", "の", "を", "が")),
    "lt": _corrections("pr al doc Šv", "nr psl str", ordinals=True),
    "lv": _corrections("k-gs k-dze Sv", "nr lpp", ordinals=True),
    "nb": _corrections("Hr Fr Frk Adv", "kap s nr jf ca", ordinals=True),
    "nl": _corrections(
        "dhr mevr mw mej Ds Drs Ir Ing Mr Jhr Kol Gen Weled Bijv bijv Zgn zgn",
        "nr blz pag hfst afb ca art par",
    ),
    "nn": _corrections("Hr Fr Frk Adv", "kap s nr jf ca", ordinals=True),
    "no": _corrections("Hr Fr Frk Adv", "kap s nr jf ca", ordinals=True),
    "pl": _corrections(
        "Ks Św Inż Mgr Hab Doc Gen Płk Kpt Por O Bp Abp Ul Al Pl Os Im",
        "nr str s rys tab poz ust pkt ok godz",
        ordinals=True,
    ),
    "pt": _corrections(
        "Sr Sra Srs Srta Sr.ª Dra Drª Drs D Dom Dª Prof.ª Profª Profa Profs Eng Engª Engº Enga Arq Adv Exmo Exma Exmos "
        "Ilmo Ilma Exa Rev Revmo Pe Fr Sto Sta Gen Cel Cap Ten Maj Alm Sgt Min Des Dep Sen Gov Pres Dir Univ Fac Inst "
        "Depto Dpto Av Pça Trav Rod Estr Jd Vl Ed Cia Soc",
        "n nº núm num pág págs pg pgs séc sécs art arts aprox c ca cap cf cód dec ed est ex fl fls inc obs parág "
        "port proc res tít tel telef",
    ),
    "ro": _corrections("Dl Dna Dra Dvs Sf Str Bd Univ Ing Av Ec", "nr pag pg alin lit cap aprox cca"),
    "ru": _corrections(
        "ул пр пл им проф акад доц ген св о пер наб просп д-р", "стр с п пп ст рис табл гл т тт д кв стр"
    ),
    "sk": _corrections("Ing Mgr MUDr JUDr PhDr RNDr Doc Sv ul nám", "č čís str ods obr", ordinals=True),
    "sl": _corrections("g ga gdč mag sv ul", "št str čl odst", ordinals=True),
    "sr": _corrections("g gđa mr ul sv г гђа мр ул св", "br str čl бр стр чл", ordinals=True),
    "sv": _corrections("Hr Fr Fröken Kap S:t S:ta", "nr sid s kap ca avd"),
    "tr": _corrections("Sn Av Doç Yrd Op Alb Gen Mah Cad Sok", "s sf no bkz", ordinals=True),
    "uk": _corrections("м вул просп пл ім проф акад доц ген св о пров", "стор с п пп ст рис табл гл т буд кв"),
}
