/* What the C tests share: a check that names itself and ends the program. */
#ifndef EXPECT_H
#define EXPECT_H

#include <aranya_edge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                   \
	do {                                                                                                   \
		if (!(condition)) {                                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                \
			exit(1);                                                                                       \
		}                                                                                                  \
	} while (0)

static inline void expect_status(aranya_edge *client, aranya_edge_status wanted, aranya_edge_status got, const char *file,
                                 int line, const char *what)
{
	if (got == wanted)
		return;
	fprintf(stderr, "%s:%d: %s: %s, not %s: %s\n", file, line, what, aranya_edge_status_name(got),
	        aranya_edge_status_name(wanted), aranya_edge_error_message(client));
	const char *value;
	const char *name;
	for (size_t i = 0; (name = aranya_edge_error_field_at(client, i, &value)) != NULL; i++)
		fprintf(stderr, "  %s: %s\n", name, value);
	exit(1);
}

/* EXPECT(STATUS, client, aranya_edge_…(client, …)) */
#define EXPECT(wanted, client, call) expect_status(client, wanted, call, __FILE__, __LINE__, #call)
#define OK(client, call) EXPECT(ARANYA_EDGE_OK, client, call)

#endif
