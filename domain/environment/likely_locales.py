"""Where languages are spoken, how they are written, who reads which other language: what CLDR knows of them.

Facts of Unicode's Common Locale Data Repository (likely subtags, language matching), in its codes.
"""

from typing import Final


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


def _regions(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _members(text: str) -> dict[str, tuple[str, ...]]:
    """Lines of `key: member member …`, as the keys of each member."""
    keys: dict[str, tuple[str, ...]] = {}
    for line in text.strip().splitlines():
        key, _, members = line.partition(":")
        for member in members.split():
            keys[member] = (*keys.get(member, ()), key)
    return keys


TWO_LETTERS: Final = _pairs(
    """
aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arb:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az azj:az
bak:ba bam:bm baq:eu bel:be ben:bn bih:bh bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch che:ce
chi:zh chu:cu chv:cv cmn:zh cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz ekk:et ell:el
eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff gaz:om geo:ka ger:de
gla:gd gle:ga glg:gl glv:gv gre:el grn:gn guj:gu hat:ht hau:ha hbs:sr heb:he her:hz hin:hi hmo:ho hrv:hr hun:hu
hye:hy ibo:ig ice:is ido:io iii:ii iku:iu ile:ie ina:ia ind:id ipk:ik isl:is ita:it jav:jv jpn:ja kal:kl kan:kn
kas:ks kat:ka kau:kr kaz:kk khk:mn khm:km kik:ki kin:rw kir:ky kom:kv kon:kg kor:ko kua:kj kur:ku lao:lo lat:la
lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg
mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:nb npi:ne
nya:ny oci:oc oji:oj ori:or orm:om ory:or oss:os pan:pa per:fa pes:fa pli:pi plt:mg pol:pl por:pt pus:ps
que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa sin:si slk:sk slo:sk slv:sl sme:se smo:sm sna:sn snd:sd
som:so sot:st spa:es sqi:sq srd:sc srp:sr ssw:ss sun:su swa:sw swe:sv swh:sw tah:ty tam:ta tat:tt tel:te tgk:tg
tgl:fil tha:th tib:bo tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz uzn:uz ven:ve
vie:vi vol:vo wel:cy wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zsm:ms zul:zu
"""
)
"""Three-letter codes of languages (both kinds) and their two-letter codes."""

OTHER_NAMES: Final = _pairs("bh:bho cmn:zh in:id iw:he mo:ro no:nb quz:qu sh:sr tl:fil tw:ak")
"""Codes of languages that have another code too, or are one language for all who read them."""

MAIN_REGION: Final = _pairs(
    """
aa:ET ab:GE ach:UG ae:IR af:ZA ak:GH am:ET ar:EG as:IN ast:ES av:RU ay:BO az:AZ ba:RU ban:ID be:BY bem:ZM bg:BG bhb:IN
bho:IN bi:VU bjn:ID bm:ML bn:BD bo:CN br:FR brx:IN bs:BA byn:ER ca:ES ce:RU ceb:PH cgg:UG ch:GU chr:US ckb:IQ co:FR
cr:CA crh:UA cs:CZ csb:PL cu:RU cv:RU cy:GB da:DK dav:KE de:DE doi:IN dsb:DE dv:MV dz:BT ee:GH el:GR en:US es:ES et:EE
eu:ES fa:IR ff:SN fi:FI fil:PH fj:FJ fo:FO fr:FR fur:IT fy:NL ga:IE gd:GB gez:ET gl:ES gn:PY gom:IN gu:IN guz:KE gv:IM
ha:NG hak:CN haz:AF he:IL hi:IN hif:FJ hil:PH hne:IN ho:PG hr:HR hsb:DE ht:HT hu:HU hy:AM hz:NA ia:FR id:ID ig:NG
ii:CN ik:US ilo:PH is:IS it:IT iu:CA ja:JP jv:ID ka:GE kab:DZ kam:KE kg:CD ki:KE kj:NA kk:KZ kl:GL kln:KE km:KH kn:IN
ko:KR kok:IN ks:IN ku:TR kv:RU kw:GB ky:KG la:VA lb:LU lg:UG li:NL lij:IT ln:CD lo:LA loz:ZM lt:LT lu:CD lua:CD luo:KE
lv:LV lzh:CN mag:IN mai:IN mas:KE mer:KE mfe:MU mg:MG mh:MH mhr:RU mi:NZ min:ID mk:MK ml:IN mn:MN mni:IN mnw:MM mr:IN
ms:MY mt:MT my:MM na:NR nan:CN nb:NO nd:ZW nds:DE ne:NP ng:NA niu:NU nl:NL nn:NO no:NO nr:ZA nso:ZA nus:SS nv:US ny:MW
nyn:UG oc:FR om:ET or:IN os:GE pa:IN pap:AW pl:PL ps:AF pt:BR qu:PE raj:IN rif:MA rm:CH rn:BI ro:RO ru:RU rw:RW sa:IN
sah:RU sat:IN sc:IT sd:PK se:NO sg:CF sgs:LT shn:MM si:LK sid:ET sk:SK sl:SI sm:WS sn:ZW so:SO sq:AL sr:RS ss:ZA st:ZA
su:ID sv:SE sw:TZ swb:YT szl:PL ta:IN tcy:IN te:IN teo:UG tg:TJ th:TH ti:ET tig:ER tiv:NG tk:TM tn:ZA to:TO tpi:PG
tr:TR ts:ZA tt:RU ty:PF ug:CN uk:UA ur:PK uz:UZ ve:ZA vi:VN wa:BE wae:CH wal:ET war:PH wo:SN wuu:CN xh:ZA yo:NG yue:HK
za:CN zgh:MA zh:CN zu:ZA
    """
)
"""Where a language is taken to be spoken when no region is given."""

SCRIPT: Final = _members(
    """
Arab: ar ckb doi fa haz ks ps sd swb ug ur
Armn: hy
Avst: ae
Beng: as bn mni
Cans: cr iu
Cher: chr
Cyrl: ab av ba be bg ce crh cu cv kk kv ky mhr mk mn os ru sah sr tg tt uk
Deva: bhb bho brx gom hi hne kok mag mai mr ne raj sa
Ethi: am byn gez ti tig wal
Geor: ka
Grek: el
Gujr: gu
Guru: pa
Hans: hak lzh nan wuu zh
Hant: yue
Hebr: he
Jpan: ja
Khmr: km
Knda: kn tcy
Kore: ko
Laoo: lo
Mlym: ml
Mymr: mnw my shn
Orya: or
Sinh: si
Taml: ta
Telu: te
Tfng: rif zgh
Thaa: dv
Thai: th
Tibt: bo dz
Yiii: ii
"""
)
"""How a language is written that is not written in Latin letters."""

SCRIPT_IN_REGION: Final = _members(
    """
Arab: az-IQ az-IR ha-CM ha-SD kk-AF kk-CN kk-IR kk-MN ku-LB ky-CN ms-CC ms-ID pa-PK tg-PK uz-AF
Cyrl: az-RU ug-KZ ug-MN uz-CN
Hans: yue-CN
Hant: zh-AU zh-BN zh-GB zh-GF zh-HK zh-ID zh-MO zh-MY zh-PA zh-PF zh-PH zh-SR zh-TH zh-TW zh-US zh-VN
Latn: ky-TR rif-NL sr-ME sr-RO sr-RU sr-TR
Mong: mn-CN
"""
)
"""Where a language is written in another script than elsewhere."""

READS: Final = _members(
    """
ar: ckb
bg: mk
bs: hr
da: fo nb
de: lb rm
en: ach ak bem bn chr cy ee ga gd ha ia ig is ka km kn lg lo loz mfe mi ml mt my ne nso ny nyn om or pa ps rn sd si
en: sn so sq st sw ta te ti tn to ur xh yo zu
es: ay eu gl gn qu
fi: et
fil: ceb
fr: br co ht kg ln lua mg oc rw wo
hi: bho gu mr sa
hr: bs
id: jv ms su
it: la
nb: da nn
nl: af fy
nn: nb
ru: ab az be hy kk ky mn tg tk tt uz
tr: ku
zh: ug
"""
)
"""Which other languages are read by those who speak one."""

_AMERICAS: Final = _regions(
    "003 005 013 019 021 029 419 AG AI AR AW BB BL BM BO BQ BR BS BV BZ CA CL CO CR CU CW DM DO EC FK GD GF GL GP GS GT GY HN "
    "HT JM KN KY LC MF MQ MS MX NI PA PE PM PR PY SR SV SX TC TT US UY VC VE VG VI"
)
ALIKE: Final = {
    "en": _regions("AS GU MH MP PH PR UM US VI"),
    "es": _AMERICAS,
    "pt": _AMERICAS,
    "ar": _regions("DZ EH LY MA MR TN"),
    "zh": _regions("HK MO"),
}
"""Regions that speak a language alike, as all others do among themselves."""

STANDARDS: Final = frozenset({("en", "US"), ("en", "GB"), ("es", "ES"), ("es", "419"), ("pt", "BR"), ("pt", "PT")})
"""What people of a language's other regions are used to read."""
