"""Lines of a page that are not the story: stamps, counters, share bars, notices, related links.

They change while the story stays, so nothing that compares texts looks at them.
"""

import re

_LONGEST_STAMP = 160  # characters; a longer line is prose
_LONGEST_NOTICE = 200

_TOKEN = re.compile(r"[^\W_]+(?:[.,:'][^\W_]+)*\.?")
_CLOCK = re.compile(r"[0-9]{1,2}(?:[:.h][0-9]{2}){1,2}h?|[0-9]{1,2}(?::[0-9]{2})?[ap]\.?m\.?")
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*(?:st|nd|rd|th|k|m|h|s|d|w|t|z|min|hrs?)?\.?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A line of nothing but these words and numbers is a stamp or a counter …
_CLOCK_WORDS = _words("""
    mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday
    sunday january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec am pm a.m p.m a.m. p.m. noon midnight gmt utc
    bst cet cest et est edt ct cst cdt mt mst mdt pt pst pdt eastern central mountain pacific time
    local at on the of and to by in z t s h m min mins minute minutes hour hours hr hrs day days
    week weeks month months year years today yesterday now first last was this story article date
    lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio
    agosto septiembre setiembre octubre noviembre diciembre ene abr ago dic a las la el de del hoy
    ayer hora horas minuto minutos segundo segundos día días semana semanas mes meses año años hrs
    última ultima vez fecha hasta y en por ist hkt jst aest cat eat wat sast
    facebook twitter x whatsapp linkedin reddit telegram pinterest email e-mail print save copy link
    imprimir guardar enviar correo people times total more see all ver todos
""")
# … if it has one of these, a clock, or a year.
_LABELS = _words("""
    updated update published posted modified edited revised created ago read reads views view
    viewed comments comment share shares shared likes like retweets reactions followers reading
    publicado publicada actualizado actualizada actualización modificado modificada hace creado
    lectura leer vistas visitas comentarios comentario compartir compartido lecturas veces
    listen watching plays reproducciones
""")
# None of these ends a stamp: the story behind it may begin so.
_JOINING = _words("""
    at on the of and to by in was this story article a las la el de del y en por hasta
""")

_NOTICE = re.compile(
    r"""
      all\ rights\ reserved | ^(?:©|\(c\)|copyright\b) | derechos\ reservados
    | may\ not\ be\ (?:published|reproduced|republished|redistributed|copied)
    | prohibid[ao]\ (?:su|la)\ reproducción
    | (?:sign\ up|subscribe|register)\b.*\b(?:newsletter|briefing|inbox|alerts|emails?)\b
    | (?:suscríb|apúnt|regístr)\w+\b.*\b(?:boletín|newsletter|correo)\b
    | ^(?:subscribe|sign\ up|sign\ in|log\ in|register|suscríbete|suscríbase|inicia\ sesión)\b
    | already\ (?:a\ subscriber|have\ an\ account) | ¿ya\ eres\ suscriptor
    | available\ to\ subscribers | for\ subscribers\ only | (?:para|solo|sólo)\ suscriptores
    | to\ (?:continue|keep)\ reading | continue\ with\ your\ reading | (?:seguir|continuar)\ leyendo
    | create\ an\ account | if\ you\ have\ an\ account | your\ saved\ articles
    | ^(?:follow|like|find|join)\ us\b | follow\ \S+\ on\ (?:facebook|twitter|x|instagram)
    | (?:síg[ae]n?|sígue)nos\ en | download\ (?:our|the)\ \S*\ ?app
    | descarg\w+\ (?:nuestra|la)\ (?:app|aplicación)
    | ^(?:advertisement|sponsored|publicidad|anuncio|patrocinado)\b
    | (?:story|article)\ continues\ below | continúa\ después\ del?\ (?:anuncio|la\ publicidad)
    | ^our\ standards: | have\ a\ (?:news\ )?tip\b | (?:email|contact)\ the\ newsroom
    | ¿tiene\ una\ noticia | comments\ are\ (?:closed|off|disabled)
    | comentarios\ están\ (?:cerrados|desactivados)
    | (?:uses?|accept|utiliza\w*|usa\w*|acept\w+)\ (?:\S+\ ){0,2}cookies
    | (?:privacy\ policy|terms\ of\ (?:use|service)|política\ de\ privacidad)
    | ^(?:read|see|watch|listen)\ (?:more|also|next)\b\ ?[:-]
    | ^(?:read\ also|also\ read|related|see\ also|recommended|more\ from)\b.{0,30}[:-]
    | ^(?:le[ae]|ver|vea|mira|escucha)\ (?:también|además|más)\b\ ?[:-]
    | ^(?:te|le)\ puede\ interesar
    | ^(?:relacionad[oa]s?|más\ información|más\ noticias)\b.{0,30}[:-]
    """,
    re.IGNORECASE | re.VERBOSE,
)
# No notice is without one of these words, and most lines are: it spares them the expression above.
_NOTICE_WORDS = _words("""
    rights © (c) copyright derechos published, published reproduced reproduced, republished
    republished, redistributed redistributed, copied copied, reproducción newsletter newsletters
    briefing inbox inbox. alerts email emails boletín correo correo. subscribe sign log register
    suscríbete suscríbase inicia already ¿ya subscribers subscribers. suscriptores suscriptores.
    reading reading. leyendo leyendo. account account. saved follow like find join síguenos síganos
    app app. aplicación advertisement advertisement. sponsored publicidad publicidad. anuncio
    anuncio. patrocinado continues continúa standards: tip tip? newsroom newsroom. noticia noticia?
    comments comentarios cookies cookies. privacy terms privacidad read see watch listen also
    related related: recommended recommended: more lea lee ver vea mira escucha te le relacionado:
    relacionados: relacionada: relacionadas: relacionado relacionados relacionadas más
""")
_RELATED_HEADING = re.compile(
    r"""
    (?: related | more | recommended | most\ (?:read|popular) | trending | top\ stories | see\ also
      | read\ (?:more|also|next) | also\ (?:read|on) | you\ (?:may|might)\ (?:also\ )?like
      | around\ the\ web | in\ other\ news | relacionad[oa]s? | noticias\ relacionadas
      | más\ (?:noticias|leíd[oa]s|sobre) | lo\ más\ (?:leído|visto) | (?:te|le)\ puede\ interesar
      | también\ te | le[ae]\ también
    )\b[^.!?]{0,60}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_HEADLINE = 160


def story_lines(lines: list[str]) -> list[str]:
    """The lines that belong to the story; a stamp before the first word of one is cut off."""
    kept = []
    among_related = False
    for line in filter(None, lines):
        if among_related and _is_headline(line):
            continue
        among_related = _opens_related(line)
        if not among_related and not _is_notice(line):
            kept.append(_without_stamp(line))
    return list(filter(None, kept))


def _is_headline(line: str) -> bool:
    return len(line) <= _LONGEST_HEADLINE and line[-1] not in '.!…"'


def _opens_related(line: str) -> bool:
    return len(line) <= 80 and _RELATED_HEADING.fullmatch(line) is not None


def _is_notice(line: str) -> bool:
    if len(line) > _LONGEST_NOTICE or _NOTICE_WORDS.isdisjoint(line.lower().split()):
        return False
    return _NOTICE.search(line) is not None


def _without_stamp(line: str) -> str:
    """Empty for a line that is all stamp or counter."""
    if len(line) <= _LONGEST_STAMP and _is_stamp(line):
        return ""
    first = line.split(maxsplit=1)[0].strip(":").lower()
    return line[_stamp_end(line) :] if first in _LABELS or first in {"last", "última"} else line


def _is_stamp(line: str) -> bool:
    said = False
    for token in _TOKEN.findall(line.lower()):
        if token in _LABELS or _CLOCK.fullmatch(token) or _YEAR.fullmatch(token):
            said = True
        elif token not in _CLOCK_WORDS and not _NUMBER.fullmatch(token):
            return False
    return said


def _stamp_end(line: str) -> int:
    """Where the story begins after "Updated 7:51 a.m. ET"; 0 unless it tells a time."""
    end, words = 0, []
    for token in _TOKEN.finditer(line[:_LONGEST_STAMP].lower()):
        word = token.group()
        if not _is_stamp_word(word):
            break
        words.append(word)
        end = end if word in _JOINING else token.end()
    rest = line[end:].lstrip(" .|:;,-·•)")
    return len(line) - len(rest) if _tells_time(words) else 0


def _tells_time(words: list[str]) -> bool:
    if any(map(_CLOCK.fullmatch, words)):
        return True
    return not {"ago", "hace"}.isdisjoint(words) and any(map(_NUMBER.fullmatch, words))


def _is_stamp_word(word: str) -> bool:
    return word in _LABELS or word in _CLOCK_WORDS or _NUMBER.fullmatch(word) is not None
