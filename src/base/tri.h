/* The answer of a probe: yes, no, or nothing that could be found out. Zero is unknown, and unknown
 * is never a reason for anything destructive (contract, promise 2). */
#pragma once

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };
