"""Names of months and time zones, and the languages that write the month first. Data only.

All names are folded: lower case, without accents.
"""

from datetime import timedelta, timezone

# English, Spanish, German, French, Portuguese, Italian, Dutch; then Russian, Ukrainian, Polish,
# Turkish, Arabic, Greek, Romanian, Hungarian and others.
_MONTHS = (
    "january jan enero ene januar jaenner janner janvier janv janeiro gennaio gen januari"
    " января январь янв січня stycznia ocak يناير ιανουαριου ianuarie",
    "february feb febrero februar feber fevrier fevr fev fevereiro febbraio februari"
    " февраля февраль фев лютого lutego subat فبراير شباط φεβρουαριου februarie",
    "march mar marzo marz maerz mars marco mrz mrt maart"
    " марта март березня marca mart مارس اذار μαρτιου martie marcius",
    "april apr abril abr avril avr aprile"
    " апреля апрель апр квітня kwietnia nisan ابريل نيسان απριλιου aprilie aprilis",
    "may mayo mai maio maggio mag mei мая маи травня maja mayıs مايو ايار μαιου maj majus",
    "june jun junio juni juin junho giugno giu"
    " июня июнь червня czerwca haziran يونيو حزيران ιουνιου iunie junius",
    "july jul julio juli juillet juil julho luglio lug"
    " июля июль липня lipca temmuz يوليو تموز ιουλιου iulie julius",
    "august aug agosto ago aout augustus"
    " августа август авг серпня sierpnia agustos اغسطس اب αυγουστου augusti augusztus",
    "september sept sep septiembre setiembre septembre setembro settembre set"
    " сентября сентябрь сен вересня wrzesnia eylul سبتمبر ايلول σεπτεμβριου septembrie szeptember",
    "october oct octubre oktober okt octobre outubro out ottobre ott"
    " октября октябрь окт жовтня pazdziernika ekim اكتوبر οκτωβριου octombrie",
    "november nov noviembre novembre novembro"
    " ноября ноябрь ноя листопада listopada kasım نوفمبر νοεμβριου noiembrie",
    "december dec diciembre dic dezember dez decembre dezembro dicembre"
    " декабря декабрь дек грудня grudnia aralık ديسمبر δεκεμβριου decembrie",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}

# Hours east of UTC. RFC 5322 (section 4.3) fixes the American names: EST is -0500 in July too.
_OFFSETS = {
    0.0: "ut utc gmt z wet",
    1.0: "cet mez hec west bst wat",
    2.0: "cest mesz eet sast cat",
    3.0: "eest msk eat idt trt",
    3.5: "irst",
    4.0: "gst",
    5.0: "pkt",
    5.5: "ist",
    7.0: "wib ict",
    8.0: "sgt hkt pht myt awst wita",
    9.0: "jst kst wit",
    9.5: "acst",
    10.0: "aest",
    10.5: "acdt",
    11.0: "aedt",
    12.0: "nzst",
    13.0: "nzdt",
    -2.5: "ndt",
    -3.0: "brt art adt clst",
    -3.5: "nst",
    -4.0: "edt ast clt",
    -5.0: "est cdt cot pet",
    -6.0: "cst mdt",
    -7.0: "mst pdt",
    -8.0: "pst akdt",
    -9.0: "akst",
    -10.0: "hst",
}
# Names that follow daylight saving time, by IANA zone.
_IANA_NAMES = {
    "America/New_York": "et eastern",
    "America/Chicago": "ct central",
    "America/Denver": "mt mountain",
    "America/Los_Angeles": "pt pacific",
}
ZONES: dict[str, timezone | str] = {
    word: timezone(timedelta(hours=hours))
    for hours, words in _OFFSETS.items()
    for word in words.split()
} | {word: zone for zone, words in _IANA_NAMES.items() for word in words.split()}
"""Maps a zone name to a fixed offset or an IANA name."""

# Zone names that are English words too: not read as zones in free text.
AMBIGUOUS_ZONES = frozenset({"art", "cat", "pet", "west", "wit"})

# Language tags whose texts write 9/11 for the 11th of September.
MONTH_FIRST_LANGUAGES = frozenset({"en-us", "en-ph", "en", "es-us", "es-pr"})
