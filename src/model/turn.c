#include "model/turn.h"

#include "base/mem.h"

void turn_release(struct turn *t)
{
	str_release(&t->text);
	*t = (struct turn){ 0 };
}
