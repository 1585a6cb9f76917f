"""Row ids, a type each, so that one cannot be handed in for another."""

from typing import NewType

ArticleId = NewType("ArticleId", int)
EntryId = NewType("EntryId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)
