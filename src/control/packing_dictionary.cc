// What messages usually say, as the codec writes them: the rare before the frequent, as what is
// nearer to the message takes fewer bits to refer to.
#include "control/packing.h"

namespace starling {

std::string_view packing_dictionary() {
  static constexpr std::string_view kDictionary =
      // Refusals and reasons, and what few messages have.
      R"~("refusal":"no room","draining","it has no more than its minimum","reason":"scaled in","sold_to":")~"
      R"~("devices":[0,1],"pools":[{"labels":{"gpu_price":0.0,"gpus":0,"memory_price":0.0,"spot":true,"origins":{")~"
      R"~({"film":"","from":"node","kind":"handover","model":"m","past":{"first_minute":29,"first_second":17,"minutes":[0,0,-1,-1],"partly":[[2,3]],"seconds":[0,0,-1,-1]},"protocol":1,"usage":{"cpu":{"reference":17,"weights":[0.0,0.0,1.0]},"first":17,"killed":17,"killed_needs":0.0,"last":17,"memory":{"reference":17,"weights":[0.0,0.0]},"memory_peak":0.0,"samples":1}})~"
      R"~({"from":"node","kind":"handover-request","model":"m","protocol":1})~"
      R"~({"cell":"c0.0.1.0","from":"node","kind":"roster-request","protocol":1})~"
      R"~({"epoch":1,"kind":"offer-reply","model":"m","protocol":1,"refusal":"","request":"node.1/m/2","seller":"n","sold":1})~"
      R"~({"clouds":["aws","gcp","azure"],"epoch":1,"gains":[1.5,0.0],"kind":"offer","model":"m","owner":"node","protocol":1,"request":"node.1/m/2","resources":{"cpu":500,"memory":536870912},"seller":"n"})~"
      R"~({"epoch":1,"kind":"stop","model":"m","owner":"node","protocol":1,"reason":"","replica":"m-node","sold_to":""})~"
      R"~({"by":"node","from":"node","heard":1,"kind":"probe-answer","misses":false,"number":1,"protocol":1,"target":"node","via":""})~"
      R"~({"from":"node","incarnation":1,"kind":"probe","number":1,"protocol":1,"sequence":1,"suspected":true,"target":"node","via":""})~"
      // A whole account of a node and of a model that it decides for.
      R"~({"content":1,"free":{"cpu":4000,"memory":8589934592},"incarnation":17,"kind":"heartbeat","leaving":false,"node":{"api":"10.0.0.1:8080","cloud":"aws","cpu":8000,"gateway":"10.0.0.1:8081","memory":17179869184,"name":"node","price":0.05,"region":"eu-west-1","zone":"eu-west-1a"},"owned":[{"cold_start":)~"
      R"~(,"size":{"floor":{"cpu":250,"memory":268435456},"reason":"","recommended":{"cpu":250,"memory":268435456},"resources":{"cpu":500,"memory":536870912}},"short_by":1,"unplaced":1,"shadow":{"policy":"hpa","desired":2},"epoch":4294967297,)~"
      R"~("drift":0.0,"experts":[["net","ses","theta","mix(net-)","replicas":[{"address":"10.0.0.1:31000","cold_start":2000000,"concurrency":1,"cpu_cores":0.0,"epoch":4294967297,"generation":1,"id":"m-node-6","memory_kills":0,"memory_used":1,"model":"m","node":"node","resources":{"cpu":250,"memory":268435456},"started":17,"state":2}],"scheduling":0,"sequence":1,"understands":5,"without_specs":false})~"
      R"~({"epoch":4294967297,"kind":"award-reply","model":"m","node":"node","protocol":1,"refusal":"","request":"node.1/m/2","started":[{"address":"","cold_start":2000000,"concurrency":1,"cpu_cores":0.0,"epoch":4294967297,"generation":1,"id":"m-node-6","memory_kills":0,"memory_used":0,"model":"m","node":"node","resources":{"cpu":250,"memory":268435456},"started":17,"state":0}]})~"
      R"~({"count":1,"epoch":4294967297,"generation":1,"kind":"award","model":"m","owner":"node","protocol":1,"request":"node.1/m/2"})~"
      R"~({"clouds":[],"count":1,"kind":"bid-request","model":"m","owner":"node","protocol":1,"request":"node.1/m/2","resources":{"cpu":250,"memory":268435456}})~"
      R"~({"count":1,"epoch":4294967297,"kind":"bid","node":"node","price":0.05,"protocol":1,"reason":"","request":"node.1/m/2","warm":true})~"
      R"~("names":[["node","6"],["node","6"]],)~"
      R"~({"cell":"c0.0.1.0","from":"node","kind":"digest","nodes":"0001000200030001","protocol":1,"roster":"1"})~"
      // Changes, which all nodes hear of all others; then what comes oftenest.
      R"~({"free":[4000,8589934592,0],"gone":["m*0*6"],"disowned":["m"],"kind":"change","of":["node","6",2,1],"owned":[)~"
      R"~({"cold_start":2000000,"decided":1700000000000000,"desired":1,"epoch":4294967297,"forecast_coverage":0.9,"forecast_method":"mix(net-)","forecast_outcomes":60,"forecast_p50":0.1,"forecast_p90":0.1,"in_flight":0.0,"model":"m","p50":0.0,"p99":0.0,"policy":"predictive","rate":0.0,"reason":"1 replica serves a forecast of 1.0 requests/s within the SLO at the least cost; replicas serve","service_mean":0.0,"service_scv":0.0,"slo":1.0}],)~"
      R"~("protocol":1,"scheduling":1,"without_specs":true,"replicas":[["*0*","m","1",0,"",250,268435456,0,1,"6",0,0.0,0,0,4294967297]],)~"
      R"~("turned":[["m*0*6",1,"10.0.0.1:31000",2000000]]})~"
      R"~({"gone":["m*0*6"],"kind":"change","of":["node","6",2,1],"protocol":1,"replicas":[["*0*","m","1",0,"",500,536870912,0,1,"6",0,0.0,0,0,4294967297]]})~"
      R"~({"kind":"change","of":["node","6",2,1],"protocol":1,"turned":[["m*0*6",2,"10.0.0.1:31000",2000000]]})~"
      R"~({"kind":"traffic","lists":[["m",0,0,0,0,0,0.06666666666666667,0.0,0.0,0.0,0,0,[],0.0],["m",1,1,0,0,1,0.0,0.0,0.0,0.0,1,541,[1],0.0]],"node":"node","protocol":1,"second":1700000000000000})~"
      R"~({"kind":"beat","of":["node","6",2,1],"protocol":1})~";
  return kDictionary;
}

}  // namespace starling
