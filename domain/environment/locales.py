"""Which of the available locales serves somebody best who prefers others: `spa-US` is content with `es_MX`.

Locales come in any spelling: two- or three-letter languages, `-` or `_`, any case. The first preference with a locale of its
language decides; among several of that language the same region wins, then one that writes and speaks alike (British-like
English, American Spanish), then the language's main region, then the first. If no preference is met, the first locale.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

SEPARATOR: Final = re.compile("[-_@.]")


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


TWO_LETTERS: Final = _pairs(
    """
aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arb:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az azj:az
bak:ba bam:bm baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce
chi:zh chu:cu chv:cv cmn:zh cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz ekk:et ell:el
eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff gaz:om geo:ka ger:de
gla:gd gle:ga glg:gl glv:gv gre:el grn:gn guj:gu hat:ht hau:ha hbs:sh heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu
hye:hy ibo:ig ice:is ido:io iii:ii iku:iu ile:ie ina:ia ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn
kas:ks kat:ka kau:kr kaz:kk khk:mn khm:km kik:ki kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la
lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg
mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no npi:ne
nya:ny oci:oc oji:oj ori:or orm:om ory:or oss:os pan:pa per:fa pes:fa pli:pi plt:mg pol:pl por:pt prs:fa pus:ps
que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se smo:sm sna:sn snd:sd
som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv swh:sw tah:ty tam:ta tat:tt tel:te tgk:tg
tgl:tl tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz uzn:uz ven:ve
vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zsm:ms zul:zu
"""
)
"""Three-letter codes of languages (both kinds) and their two-letter codes."""

MAIN_REGION: Final = _pairs(
    """
aa:ET ar:EG az:AZ bho:IN bn:BD bo:CN ca:ES de:DE el:GR en:US es:ES eu:ES fr:FR fy:NL gez:ET it:IT li:NL mai:IN
nds:DE nl:NL om:ET pa:IN pap:CW pt:BR ru:RU so:SO sq:AL sr:RS sv:SE sw:TZ ta:IN ti:ET tr:TR ur:PK zh:CN
"""
)
"""Where a language of several regions is taken to be spoken when no region is given."""

NEAREST: Final = {
    "no": "nb",
    "nn": "nb",
    "nb": "no",
    "sh": "sr",
    "tl": "fil",
    "fil": "tl",
    "iw": "he",
    "in": "id",
    "mo": "ro",
}
"""Languages whose speakers read another without effort."""

AMERICAN_ENGLISH: Final = frozenset({"US", "PR", "GU", "VI", "AS", "MP", "UM"})
EUROPEAN_SPANISH: Final = frozenset({"ES", "GQ", "EA", "IC", "PH"})
TRADITIONAL_CHINESE: Final = frozenset({"TW", "HK", "MO"})
EUROPEAN_PORTUGUESE: Final = frozenset({"PT", "AO", "MZ", "CV", "GW", "ST", "TL", "MO"})
MAGHREB: Final = frozenset({"MA", "DZ", "TN", "LY", "MR", "EH"})
REGIONS_ALIKE: Final = {
    "en": AMERICAN_ENGLISH,
    "es": EUROPEAN_SPANISH,
    "zh": TRADITIONAL_CHINESE,
    "pt": EUROPEAN_PORTUGUESE,
    "ar": MAGHREB,
}


class Locale(NamedTuple):
    """A locale's parts; script and region "" where not given."""

    language: str
    script: str
    region: str

    @property
    def full_region(self) -> str:
        """The region, or the language's main one."""
        return self.region or MAIN_REGION.get(self.language, "")


@lru_cache(maxsize=2048)
def parsed_locale(text: str) -> Locale:
    """The parts of a locale in any spelling."""
    parts = SEPARATOR.split(text)
    language = parts[0].lower()
    script = region = ""
    for part in parts[1:]:
        if len(part) == 4 and part.isalpha():
            script = part.title()
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = part.upper()
    return Locale(TWO_LETTERS.get(language, language), script, region)


def best_locale(preferred: Sequence[str], available: Sequence[str]) -> str:
    """The available locale, as it is spelled there, that serves the preferences best. There must be at least one."""
    for wanted in map(parsed_locale, preferred):
        for language in (wanted.language, NEAREST.get(wanted.language)):
            candidates = [name for name in available if parsed_locale(name).language == language]
            if candidates:
                return max(candidates, key=lambda name: _closeness(wanted, parsed_locale(name)))
    return available[0]


def _closeness(wanted: Locale, offered: Locale) -> tuple[bool, ...]:
    region, main = wanted.full_region, MAIN_REGION.get(wanted.language, "")
    alike = REGIONS_ALIKE.get(wanted.language, frozenset())
    return (
        not wanted.script or not offered.script or wanted.script == offered.script,
        offered.region == wanted.region and offered.script == wanted.script,
        offered.full_region == region,
        (offered.full_region in alike) == (region in alike),
        offered.full_region == "419" or not offered.region,
        offered.full_region == main,
    )
