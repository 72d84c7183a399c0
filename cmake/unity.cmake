# Most of a compilation is headers, so a room compiles eight sources at a time, in a third of the time. What two files declare
# for themselves needs two names then. Commands and tests compile one by one: each has helpers of the same names.
#
#   starling_unity(trace)
option(STARLING_UNITY "Compile several sources of a room at a time" ON)
function(starling_unity name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${STARLING_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()
