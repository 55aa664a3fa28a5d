"""What runs beside us: the files of the process in which upstream's code checks replies.

`worker.py` and the modules that it imports are run by the interpreter of the checker's
own environment (`requirements.txt`) and import nothing of this package; this package
never imports them.
"""
