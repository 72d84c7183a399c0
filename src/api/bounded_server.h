// An HTTP server whose clients can't hold a thread for as long as they like.
#pragma once

#include <httplib.h>

#include "api/request_bounds.h"

namespace starling {

/// httplib bounds every read and write, not what they add up to: who sends a byte every few seconds
/// holds a thread for hours. This one bounds a whole request and a whole answer, too. What comes
/// too late ends with the connection, or with a 4xx where the head was read.
class BoundedServer final : public httplib::Server {
 public:
  explicit BoundedServer(RequestBounds bounds) : bounds_(bounds) {}

 private:
  bool process_and_close_socket(socket_t socket) override;

  RequestBounds bounds_;
};

}  // namespace starling
