# Everything that can be done here is listed in tasks.py, for who has make and who has not.

PYTHON := python3

# A learner's own Python settings must not reach into the workbook's environment.
unexport PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
# Two targets at once would only wait for each other's environment.
.NOTPARALLEL:

# What was set on make's command line, each as one word of the shell.
quoted = '$(subst ','\'',$(1))'
given = $(foreach name,$(filter-out PYTHON,$(.VARIABLES)),$(if $(filter command,$(origin $(name))),$(call quoted,$(name)=$($(name)))))
# With -n too, which then prints what would be run.
dry = $(if $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),--dry-run)
task = +@"$(PYTHON)" tasks.py --make $(dry) $@ $(given)

TARGETS := $(shell "$(PYTHON)" tasks.py --targets)
.PHONY: $(TARGETS) FORCE
$(TARGETS): ; $(task)
%: FORCE ; $(task)
Makefile: ;
