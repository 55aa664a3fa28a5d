"""How a script in the checker's environment begins that imports upstream's readers."""

from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER

START = f"""
import sys
sys.path.insert(0, {str(CHECKER_FOLDER)!r})
from syntax_trees import provide_earlier_names
provide_earlier_names()
"""
