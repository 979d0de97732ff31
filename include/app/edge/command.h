/* edge genkey, edge pubkey, edge regkey: they make and show keys, and run nothing. */
#ifndef EDGE_COMMAND_H
#define EDGE_COMMAND_H

/* Returns the exit status; -1: the first word is none of them. */
int edge_command(int argc, char **argv);

#endif
