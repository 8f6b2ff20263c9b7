"""Titles in which a page says that it is not there: supporting evidence, never the only one."""

from __future__ import annotations

import re
from functools import lru_cache

#: As they stand in titles, in lower case; a number only where it stands by itself.
_NOT_FOUND = (
    r"\b404\b|\b410\b|not found|no longer (?:available|exists)|does(?:n't|n’t| not) exist"
    r"|can(?:no|')t be found|could(?: not|n't) be found|page (?:is )?(?:missing|unavailable|gone)"
    r"|nicht gefunden|existiert nicht|nicht (?:mehr )?verfügbar"
    r"|introuvable|non trouvée?|n['’]existe (?:pas|plus)"
    r"|no encontrad[ao]|no se (?:ha )?encontr|no existe"
    r"|non trovat[ao]|non esiste"
    r"|não (?:foi )?encontrad[ao]|não existe"
    r"|niet gevonden|bestaat niet"
    r"|hittades inte|finns inte|ikke funnet|finnes ikke|ikke fundet|findes ikke"
    r"|ei löyd|ei löytynyt|ei leitud"
    r"|nie znaleziono|nie istnieje|nenalezen[ao]?|neexistuje|nenájden[áé]?|nem található"
    r"|nu a fost găsit|не найден|не существует|не знайден|не е намерен|није пронађен"
    r"|nije pronađen|ni bil[ao]? najden|nerast|nerasta|netika atrast"
    r"|δεν βρέθηκε|bulunamadı|غير موجود|לא נמצא|یافت نشد|नहीं मिला"
    r"|không tìm thấy|không tồn tại|ไม่พบ|tidak ditemukan|tidak dijumpai"
    r"|見つかりません|存在しません|不存在|找不到|未找到|찾을 수 없"
)
_PATTERN = re.compile(_NOT_FOUND)


@lru_cache(maxsize=1024)
def says_not_found(title: str) -> bool:
    """Return whether ``title`` (one line, any language of the list) tells of a missing page."""
    return _PATTERN.search(title.lower()) is not None
