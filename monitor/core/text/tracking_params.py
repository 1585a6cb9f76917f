"""Lists the query parameters that track visitors or sessions and do not identify a page.

The lists hold one parameter name a word, in lower case.
"""

_TRACKING_NAMES = frozenset(
    word
    for line in (
        # advertising clicks
        "fbclid gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid msclkid yclid ysclid",
        "twclid ttclid li_fat_id igshid igsh epik srsltid irclickid sscid ef_id s_kwcid rb_clickid",
        "wickedid mkwid pcrid cvid _openstat zanpid awc obclid taboola_id tblci dicbo",
        # newsletters
        "mc_cid mc_eid _hsenc _hsmi __hssc __hstc __hsfp hsctatracking mkt_tok vero_id vero_conv",
        "oly_anon_id oly_enc_id ml_subscriber ml_subscriber_hash dm_i sfmc_id nr_email_referer",
        "elq elqtrack elqtrackid elqaid elqat elqcampaignid ck_subscriber_id bsft_clkid bsft_eid",
        "s_cid sc_cid sc_eh trk_contact trk_msg trk_module trk_sid",
        # analytics
        "_ga _gl _ke icid intcid ncid cmpid cmp tpcc guccounter guce_referrer guce_referrer_sig",
        "__twitter_impression ref_src ref_url fb_action_ids fb_action_types fb_source fb_ref",
        "soc_src soc_trk _branch_match_id _branch_referrer __tn__ spm trkcampaign trkinfo",
        "amp_js_v amp_gsa amp_lite usqp aoh",
        # share and feed links of single publishers
        "smid smtyp emc at_medium at_campaign at_link_id at_link_type at_link_origin at_format",
        "at_ptr_name at_bbc_team ns_mchannel ns_campaign ns_source ns_linkname ns_fee ito maca",
        "traffic_source feedtype feedname ftag mbid srnd sref leadsource ocid xtor wprss wt.mc_id",
        "taid sr_share sharetype sharetoken utm",
    )
    for word in line.split()
)
_TRACKING_PREFIXES = ("utm_", "pk_", "piwik_", "mtm_", "matomo_", "hsa_", "at_custom", "stm_")
# Parameters with other uses: tracking only when the value starts with "rss" or "feed".
_REFERRER_NAMES = frozenset(
    ("ref", "source", "src", "from", "via", "partner", "mod", "campaign", "medium", "origin")
)
_SESSION_NAMES = frozenset(
    ("phpsessid", "jsessionid", "sessionid", "session_id", "cfid", "cftoken", "zenid", "sessid")
)


def is_tracking(parameter: str) -> bool:
    """Whether `name=value`, as written in a query, only tracks where a visitor came from.

    Names are compared without regard to case.
    """
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES):
        return True
    return name in _REFERRER_NAMES and value.lower().startswith(("rss", "feed"))


def is_session(parameter: str) -> bool:
    """Whether `name=value` carries a session id."""
    name, _, value = parameter.partition("=")
    name = name.lower()
    return (
        name in _SESSION_NAMES
        or name.startswith("aspsessionid")
        or (name == "sid" and len(value) > 19)
    )
