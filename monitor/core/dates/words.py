"""The words that dates are written with: months, zones, halves of the day. Data only."""

# English, Spanish, German, French, Portuguese, Italian, Dutch; then Russian, Ukrainian, Polish,
# Turkish, Arabic, Greek, Romanian, Hungarian and others. Folded (no accents, lower case).
_MONTHS = (
    "january jan enero ene januar jaenner janner janvier janv janeiro gennaio gen januari"
    " января январь янв січня stycznia ocak يناير ιανουαριου ianuarie",
    "february feb febrero februar feber fevrier fevr fev fevereiro febbraio februari"
    " февраля февраль фев лютого lutego subat فبراير شباط φεβρουαριου februarie",
    "march mar marzo marz maerz mars marco mrz maart"
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

# In the United States "EST" is written for the local time of the East in summer too; MST is not,
# because Arizona keeps it all year.
_ZONES = {
    "America/New_York": "et est edt eastern",
    "America/Chicago": "ct cst cdt central",
    "America/Denver": "mt mdt mountain",
    "America/Phoenix": "mst",
    "America/Los_Angeles": "pt pst pdt pacific",
    "America/Anchorage": "akst akdt",
    "Pacific/Honolulu": "hst",
    "America/Halifax": "adt",
    "UTC": "utc gmt z",
    "Europe/London": "bst",
    "Europe/Paris": "cet cest mez mesz hec",
    "Europe/Athens": "eet eest",
    "Europe/Moscow": "msk",
    "Africa/Johannesburg": "sast",
    "Africa/Lagos": "wat",
    "Africa/Nairobi": "eat",
    "Asia/Kolkata": "ist",
    "Asia/Hong_Kong": "hkt",
    "Asia/Singapore": "sgt",
    "Asia/Manila": "pht",
    "Asia/Tokyo": "jst",
    "Asia/Seoul": "kst",
    "Asia/Jakarta": "wib",
    "Asia/Karachi": "pkt",
    "Australia/Sydney": "aest aedt",
    "Australia/Perth": "awst",
    "Pacific/Auckland": "nzst nzdt",
}
ZONES = {word: zone for zone, words in _ZONES.items() for word in words.split()}

# Languages and countries that write 9/11 for the 11th of September.
MONTH_FIRST = frozenset({"en-us", "en-ph", "en", "es-us", "es-pr"})
