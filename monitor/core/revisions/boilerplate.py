"""Strips boilerplate from a text: timestamps, counters, share bars, notices, related links.

Such lines change while the story stays the same, so texts are compared without them. English and
Spanish; works on the extracted text, line by line, and knows nothing of the page.
"""

import re

_MAX_TIMESTAMP_CHARS = 160  # a longer line is prose
_MAX_NOTICE_CHARS = 200

_TOKEN = re.compile(r"[^\W_]+(?:[.,:'][^\W_]+)*\.?")
_CLOCK = re.compile(r"[0-9]{1,2}(?:[:.h][0-9]{2}){1,2}h?|[0-9]{1,2}(?::[0-9]{2})?[ap]\.?m\.?")
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*(?:st|nd|rd|th|k|m|h|s|d|w|t|z|min|hrs?)?\.?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A line of nothing but these words and numbers is a timestamp or a counter, …
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
# None of these ends a timestamp: the story after it may begin with one.
_JOINING_WORDS = _words("""
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
# Every notice has one of these words and most lines have none, which saves matching _NOTICE.
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
_MAX_HEADLINE_CHARS = 160


def strip_boilerplate(lines: list[str]) -> list[str]:
    """Return the lines of the story; a timestamp before the first words of one is cut off.

    Headlines under a "related" heading are dropped up to the next line that is a sentence.
    """
    story = []
    among_related = False
    for line in filter(None, lines):
        if among_related and _is_headline(line):
            continue
        among_related = _is_related_heading(line)
        if not among_related and not _is_notice(line):
            story.append(_strip_timestamp(line))
    return list(filter(None, story))


def _is_headline(line: str) -> bool:
    return len(line) <= _MAX_HEADLINE_CHARS and line[-1] not in '.!…"'


def _is_related_heading(line: str) -> bool:
    return len(line) <= 80 and _RELATED_HEADING.fullmatch(line) is not None


def _is_notice(line: str) -> bool:
    if len(line) > _MAX_NOTICE_CHARS or _NOTICE_WORDS.isdisjoint(line.lower().split()):
        return False
    return _NOTICE.search(line) is not None


def _strip_timestamp(line: str) -> str:
    """Return the line without a timestamp at its start; empty if there is nothing else."""
    if len(line) <= _MAX_TIMESTAMP_CHARS and _is_timestamp(line):
        return ""
    first = line.split(maxsplit=1)[0].strip(":").lower()
    return line[_timestamp_end(line) :] if first in _LABELS or first in {"last", "última"} else line


def _is_timestamp(line: str) -> bool:
    """Whether the line holds nothing but a timestamp or a counter."""
    has_marker = False
    for token in _TOKEN.findall(line.lower()):
        if token in _LABELS or _CLOCK.fullmatch(token) or _YEAR.fullmatch(token):
            has_marker = True
        elif token not in _CLOCK_WORDS and not _NUMBER.fullmatch(token):
            return False
    return has_marker


def _timestamp_end(line: str) -> int:
    """Offset of the story after a start such as "Updated 7:51 a.m. ET"; 0 without a time."""
    end, words = 0, []
    for token in _TOKEN.finditer(line[:_MAX_TIMESTAMP_CHARS].lower()):
        word = token.group()
        if not _is_timestamp_word(word):
            break
        words.append(word)
        end = end if word in _JOINING_WORDS else token.end()
    rest = line[end:].lstrip(" .|:;,-·•)")
    return len(line) - len(rest) if _states_time(words) else 0


def _states_time(words: list[str]) -> bool:
    if any(map(_CLOCK.fullmatch, words)):
        return True
    return not {"ago", "hace"}.isdisjoint(words) and any(map(_NUMBER.fullmatch, words))


def _is_timestamp_word(word: str) -> bool:
    return word in _LABELS or word in _CLOCK_WORDS or _NUMBER.fullmatch(word) is not None
