package main

// specials are defaults, and changes by conversion, that follow no rule the generator can learn: they
// depend on more than two neighbours, or compute their value. Crate kinds holds the ones marked code
// as Rust (crates/kinds/src/normalise/special.rs). A name that is new here fails the generator, so
// none is missed.
var specials = map[string]string{
	"core/v1.ClientIPConfig timeoutSeconds":      code,
	"core/v1.Container imagePullPolicy":          code,
	"core/v1.ContainerPort hostPort":             code,
	"core/v1.EphemeralContainer imagePullPolicy": code,
	"core/v1.ImageVolumeSource pullPolicy":       code,
	"core/v1.LimitRangeItem default":             code,
	"core/v1.LimitRangeItem defaultRequest":      code,
	"core/v1.NodeSpec podCIDR":                   code,
	"core/v1.NodeSpec podCIDRs":                  code,
	"core/v1.PodIP ip":                           code,
	"core/v1.PodSpec enableServiceLinks":         code,
	"core/v1.PodSpec serviceAccount":             code,
	"core/v1.PodSpec serviceAccountName":         code,
	"core/v1.PodStatus podIP":                    code,
	"core/v1.PodStatus podIPs":                   code,
	"core/v1.ReplicationControllerSpec selector": code,
	"core/v1.ResourceRequirements limits":        code,
	"core/v1.ResourceRequirements requests":      code,
	"core/v1.Secret data":                        code,
	"core/v1.Secret stringData":                  code,
	"core/v1.ServiceSpec sessionAffinityConfig":  code,
	"core/v1.SessionAffinityConfig clientIP":     code,
	"core/v1.Volume emptyDir":                    code,
	"meta/v1.ObjectMeta labels":                  code,

	"apiextensions/v1.CustomResourceDefinitionNames listKind":             code,
	"apiextensions/v1.CustomResourceDefinitionNames singular":             code,
	"apiextensions/v1.CustomResourceDefinitionStatus storedVersions":      code,
	"apiextensions/v1.CustomResourceConversion webhook":                   code,
	"apiextensions/v1beta1.CustomResourceDefinitionNames listKind":        unserved,
	"apiextensions/v1beta1.CustomResourceDefinitionNames singular":        unserved,
	"apiextensions/v1beta1.CustomResourceDefinitionSpec version":          unserved,
	"apiextensions/v1beta1.CustomResourceDefinitionSpec versions":         unserved,
	"apiextensions/v1beta1.CustomResourceDefinitionStatus storedVersions": unserved,

	"apps/v1beta1.DeploymentSpec selector":          code,
	"apps/v1beta1.StatefulSetSpec selector":         code,
	"extensions/v1beta1.DaemonSetSpec selector":     code,
	"extensions/v1beta1.DeploymentSpec selector":    code,
	"extensions/v1beta1.ReplicaSetSpec selector":    code,
	"apps/v1beta1.ScaleStatus selector":             status,
	"apps/v1beta1.ScaleStatus targetSelector":       status,
	"apps/v1beta2.ScaleStatus selector":             status,
	"apps/v1beta2.ScaleStatus targetSelector":       status,
	"extensions/v1beta1.ScaleStatus selector":       status,
	"extensions/v1beta1.ScaleStatus targetSelector": status,

	"autoscaling/v2beta1.ContainerResourceMetricSource container": unserved,
	"meta/v1.ObjectMeta annotations":                              "what autoscaling/v1 cannot say, kept as JSON",
	"core/v1.LoadBalancerIngress ipMode":                          status,
	"core/v1.PersistentVolumeClaim apiVersion":                    "a claim template that says it is something else",
	"core/v1.PersistentVolumeClaim kind":                          "a claim template that says it is something else",
	"discovery/v1beta1.Endpoint topology":                         unserved,
	"rbac/v1alpha1.Subject apiVersion":                            unserved,
	"resource/v1.DeviceTaint timeAdded":                           "the time of the request",
	"resource/v1alpha3.DeviceTaint timeAdded":                     "the time of the request",
	"resource/v1beta1.DeviceTaint timeAdded":                      "the time of the request",
	"resource/v1beta2.DeviceTaint timeAdded":                      "the time of the request",
}

const (
	code     = "code"
	status   = "left out: status, which a live object has and a file does not"
	unserved = "left out: no supported version serves it"
)

func special(name string) string { return specials[name] }
