"""What CRA's prompts say and list, where the paper leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass

from coalm_oumi.cra.dates import UndatedActions
from coalm_oumi.cra.function_lists import FunctionList
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.cra.samples import ActionTurns


@dataclass(frozen=True, kw_only=True)
class PromptOptions:
    """The options of a dataset and of a build that CRA's prompts depend on.

    Attributes:
        function_list: Whether prompts list `all` functions of the part, as in the paper,
            or only those of the `dialogue`'s services, for a model that has no room for
            more.
        action_turns: Whether the action prompt is shown for turns with `calls`, as in the
            paper, or for `all`, so that calling or not is learnt as well.
        function_names: Whether functions that share a name are told apart `by_service`
            (`FindBus_Buses_1`), or named `as_published`, as in the paper.
        state_date: Whether prompts state today's date, where it is known: 2019-03-01 in
            SGD, `today` in dialogues about APIs of your own. The paper's do not.
        undated_actions: Whether to `keep` or `drop` actions with a date that nothing in
            the prompt states; the ledger counts them either way.
    """

    function_list: FunctionList = "all"
    action_turns: ActionTurns = "calls"
    function_names: FunctionNames = "by_service"
    state_date: bool = True
    undated_actions: UndatedActions = "keep"
