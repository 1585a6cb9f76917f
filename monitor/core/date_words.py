"""The words that dates are written with: months, zones, halves of the day. Data only."""

# English, Spanish, German, French, Portuguese, Italian, Dutch; folded (no accents, lower case).
_MONTHS = (
    "january jan enero ene januar jaenner janner janvier janv janeiro gennaio gen januari",
    "february feb febrero februar feber fevrier fevr fev fevereiro febbraio februari",
    "march mar marzo marz maerz mars marco mrz maart",
    "april apr abril abr avril avr aprile",
    "may mayo mai maio maggio mag mei",
    "june jun junio juni juin junho giugno giu",
    "july jul julio juli juillet juil julho luglio lug",
    "august aug agosto ago aout augustus",
    "september sept sep septiembre setiembre septembre setembro settembre set",
    "october oct octubre oktober okt octobre outubro out ottobre ott",
    "november nov noviembre novembre novembro",
    "december dec diciembre dic dezember dez decembre dezembro dicembre",
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
