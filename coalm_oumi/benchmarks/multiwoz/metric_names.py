"""The metrics of multiwoz24 in words."""

_OVER = {"": "", "_upstream": ", predicted turns only"}

METRIC_NAMES = {
    "inform_all": "inform, all dialogues",
    "success_all": "success, all dialogues",
    "goal_met": "goals met",
    "ended_by_user": "dialogues ended by the user",
    "judge_goal_met": "goals met, as the judge says",
    "judge_agreement": "agreement of judge and rules",
    "jga_exact": "joint goal accuracy, exact",
    **{
        f"jga_{rule}{end}": f"joint goal accuracy, {rule}{words}"
        for rule in ("strict", "lenient")
        for end, words in _OVER.items()
    },
    **{
        f"slot_f1_{rule}{end}": f"slot F1, {rule}{words}"
        for rule in ("strict", "lenient")
        for end, words in _OVER.items()
    },
    "slot_precision_strict": "slot precision, strict",
    "slot_recall_strict": "slot recall, strict",
    "turns_missed": "turns with a missed slot",
    "turns_extra": "turns with an extra slot",
    "turns_wrong_value": "turns with a wrong value",
    "turns_dontcare": 'turns wrong over "dontcare"',
    "turns_not_predicted": "turns not predicted",
    "replies_reciting": "replies that recite everything",
    "replies_empty": "empty replies",
    "calls_failed": "failed calls",
    "turns_with_problem": "turns with a problem",
}
