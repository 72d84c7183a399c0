// Sums of resources, and whether one fits into another.
#pragma once

#include "manifest/model_spec.h"

namespace starling {

inline Resources sum(const Resources& a, const Resources& b) {
  return {a.cpu_millis + b.cpu_millis, a.memory_bytes + b.memory_bytes, a.gpus + b.gpus};
}

inline Resources difference(const Resources& a, const Resources& b) {
  return {a.cpu_millis - b.cpu_millis, a.memory_bytes - b.memory_bytes, a.gpus - b.gpus};
}

inline Resources times(const Resources& one, int count) {
  return {one.cpu_millis * count, one.memory_bytes * count, one.gpus * count};
}

inline bool fits(const Resources& wanted, const Resources& room) {
  return wanted.cpu_millis <= room.cpu_millis && wanted.memory_bytes <= room.memory_bytes &&
         wanted.gpus <= room.gpus;
}

}  // namespace starling
