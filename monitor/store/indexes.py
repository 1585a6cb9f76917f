"""Indexes for lists and settlements at a million articles; created by a migration."""

# Leases are looked up at a start and to end them; few rows have one at a time.
INDEXES = """
CREATE INDEX articles_source ON articles (source, id);
CREATE INDEX articles_leased ON articles (lease) WHERE lease IS NOT NULL;
CREATE INDEX entries_leased ON entries (lease) WHERE lease IS NOT NULL;
CREATE INDEX sources_leased ON sources (lease) WHERE lease IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease) WHERE lease IS NOT NULL;
CREATE INDEX entries_without_article ON entries (last_seen_at)
    WHERE article_id IS NULL AND due_at IS NULL;
CREATE INDEX revisions_edited ON revisions (seen_at, score) WHERE number > 1;
CREATE INDEX revisions_weight ON revisions (score, seen_at) WHERE number > 1;
CREATE INDEX alerts_topic ON alerts (topic, id);
CREATE INDEX alerts_silenced_articles ON alerts (article_id) WHERE silence_id IS NOT NULL;
CREATE INDEX deliveries_queue ON deliveries (channel, id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_alert ON deliveries (alert_id);
CREATE INDEX deliveries_hold ON deliveries (hold_until, channel, held)
    WHERE hold_until IS NOT NULL;
-- of the collecting messages alone, not of all that ever collected
DROP INDEX deliveries_held;
CREATE INDEX deliveries_held ON deliveries (channel, held)
    WHERE held IS NOT NULL AND state = 'pending';
DROP INDEX articles_seen;
CREATE INDEX articles_seen ON articles (first_seen_at, story_id, source);
DROP INDEX articles_story;
CREATE INDEX articles_story ON articles (story_id, source)
"""
