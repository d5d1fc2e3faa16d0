/* The documents of share/graphql as bytes of the program, so that it never runs with others than it was
 * made with. DOCUMENT(name, file) at file scope declares document_name. */
#pragma once

#define DOCUMENT(name, file)                                                                       \
	extern const char document_##name[];                                                       \
	__asm__(".pushsection .rodata\n.global document_" #name "\ndocument_" #name                \
		":\n.incbin \"share/graphql/" file "\"\n.byte 0\n.popsection\n");
