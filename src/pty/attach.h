/* A person's terminal becomes that of the session, until they press Ctrl-] or it ends. */
#pragma once

#include "base/err.h"

MUST_USE struct err *attach(const char *folder, const char *uid);
