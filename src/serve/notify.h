/* What a service manager is told (sd_notify(3)): a datagram to $NOTIFY_SOCKET, "READY=1". Nobody asked:
 * nothing. */
#pragma once

void notify_manager(const char *state);
