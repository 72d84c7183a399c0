// Weights as networks have them, for properties.
#pragma once

#include <rapidcheck.h>

#include <vector>

namespace starling::federated {

inline rc::Gen<float> a_weight() {
  return rc::gen::map(rc::gen::inRange(-100'000, 100'001),
                      [](int n) { return static_cast<float>(n) / 50'000.0F; });
}
inline rc::Gen<std::vector<float>> some_weights() {
  return rc::gen::container<std::vector<float>>(a_weight());
}
inline rc::Gen<std::vector<float>> some_weights_of(std::size_t count) {
  return rc::gen::container<std::vector<float>>(count, a_weight());
}

}  // namespace starling::federated
