//! Random objects of every built-in kind, made from the schemas: mostly right, some with a field
//! that is unknown, null, of the wrong type or out of range.

mod scalars;

use bulkhead_kinds::{Field, FieldType, KindInfo, Kinds, Type};
use serde_json::{Map, Value, json};

use crate::Random;

/// Kinds that most objects are of; the others share the rest.
const COMMON: &[(&str, &str)] = &[
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "ReplicationController"),
    ("v1", "PodTemplate"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Service"),
    ("v1", "Namespace"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
];

const DEEPEST: usize = 14;

/// One object. Damage is what a server would refuse or drop; about a third of all objects have some.
pub fn any(random: &mut Random, kinds: &Kinds) -> Value {
    let kind = if random.percent(70) {
        let (api_version, name) = *random.choose(COMMON);
        kinds.find(api_version, name)
    } else {
        let all: Vec<KindInfo<'_>> =
            kinds.all().filter(|kind| kind.is_served() && kind.object_type().is_some()).collect();
        (!all.is_empty()).then(|| *random.choose(&all))
    };
    let Some((kind, form)) = kind.and_then(|kind| Some((kind, kind.object_type()?))) else {
        return json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "none"}});
    };
    let damage = if random.percent(35) { 2 } else { 0 };
    let mut maker = Maker { random, damage };
    let mut object = maker.mapping(form, 0);
    object.insert("apiVersion".into(), kind.api_version().into());
    object.insert("kind".into(), kind.kind().into());
    Value::Object(object)
}

struct Maker<'a> {
    random: &'a mut Random,
    /// So many fields of a hundred are damaged.
    damage: usize,
}

impl Maker<'_> {
    fn mapping(&mut self, form: Type<'_>, depth: usize) -> Map<String, Value> {
        let mut entries = Map::new();
        let fields: Vec<Field<'_>> = form.fields().collect();
        // Types with fifty fields would make huge objects: some five of them are set.
        let chance = (500 / fields.len().max(1)).clamp(8, 60);
        for field in fields {
            let wanted = match field.name() {
                "status" if depth == 0 => 5,
                "managedFields" | "ownerReferences" => 3,
                "spec" | "template" | "containers" | "metadata" | "jobTemplate" => 95,
                _ if field.is_required() => 85,
                _ => chance,
            };
            if depth > DEEPEST && !field.is_required() || !self.random.percent(wanted) {
                continue;
            }
            let value = self.field(field, depth);
            entries.insert(field.name().to_owned(), value);
        }
        if self.random.percent(self.damage) {
            let name = self.random.pick(&["nope", "Spec", "Name", "containerz", "x-y", "METADATA"]);
            entries.insert(name.to_owned(), json!(1));
        }
        entries
    }

    fn field(&mut self, field: Field<'_>, depth: usize) -> Value {
        if self.random.percent(self.damage) {
            return scalars::odd(self.random);
        }
        let allowed: Vec<&str> = field.allowed().collect();
        if !allowed.is_empty()
            && matches!(field.field_type(), FieldType::Scalar(_))
            && self.random.percent(92)
        {
            return (*self.random.choose(&allowed)).into();
        }
        self.value(field.name(), field.field_type(), depth)
    }

    fn value(&mut self, name: &str, form: FieldType<'_>, depth: usize) -> Value {
        if self.random.percent(2) {
            return Value::Null;
        }
        match form {
            FieldType::Scalar(scalar) => scalars::scalar(self.random, name, scalar),
            FieldType::Object(form) => Value::Object(self.mapping(form, depth + 1)),
            FieldType::List(items) => {
                let count = if depth > DEEPEST {
                    0
                } else {
                    self.random.below(3) + usize::from(name == "containers")
                };
                (0..count).map(|_| self.value(name, items.form(), depth + 1)).collect()
            }
            FieldType::Map(values) => {
                let count = if depth > DEEPEST { 0 } else { self.random.below(4) };
                let keys = scalars::keys_of(name);
                (0..count)
                    .map(|_| (self.random.pick(keys).to_owned(), self.value(name, values.form(), depth + 1)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            FieldType::Either(other, form) => {
                if self.random.percent(50) {
                    self.value(name, other.form(), depth)
                } else {
                    Value::Object(self.mapping(form, depth + 1))
                }
            }
        }
    }
}
