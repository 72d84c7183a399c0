// A fleet of one node that the tests of one program share; no test relies on another's models.
#pragma once

#include "tests/running_fleet.h"

namespace starling::system_test {

/// Started when first asked for and stopped after the last test; nullptr where a program is
/// missing. A fleet that does not start is a failure of the test that asks.
const RunningFleet* one_node();

/// Applies models/NAME.yaml to it and waits until its gateway answers; a request's body of zeros.
std::string deployed(const RunningFleet& fleet, const std::string& model);

}  // namespace starling::system_test
