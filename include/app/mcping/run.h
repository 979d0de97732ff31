/* Both commands.  They return the exit status. */
#ifndef MCPING_RUN_H
#define MCPING_RUN_H

#include "app/mcping/conf.h"

int mcping_send(const struct mcping_conf *conf);
int mcping_listen(const struct mcping_conf *conf);

#endif
