"""JupyterLab as `make lab` starts it: silent offline, and without needless warnings."""

import os
import sys

from jupyter_core.paths import jupyter_runtime_dir

c = get_config()  # noqa: F821 (Jupyter hands it to this file)

c.Application.log_level = "WARN"  # the address is still printed
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"

# Where nbgrader is installed for an instructor, a learner's JupyterLab stays as it is without it.
c.ServerApp.jpserver_extensions = {
    f"nbgrader.server_extensions.{name}": False
    for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
}

# Kernels over Unix sockets are out of other users' reach, and ipykernel does not
# warn about unencrypted TCP. A socket's path has a limit of about 100 bytes, which
# a long home folder would break.
LONGEST_SOCKET_NAME = "/kernel-00000000-0000-0000-0000-000000000000-ipc-00"
if sys.platform != "win32" and len(os.fsencode(jupyter_runtime_dir() + LONGEST_SOCKET_NAME)) < 100:
    c.KernelManager.transport = "ipc"
