#include "control/node_provider.h"

namespace starling {

const char* name_of(ProviderAction action) {
  switch (action) {
    case ProviderAction::kList:
      return "list";
    case ProviderAction::kCreate:
      return "create";
    case ProviderAction::kDelete:
      return "delete";
  }
  return "?";
}

}  // namespace starling
