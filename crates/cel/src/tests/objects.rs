//! Object types: of kinds, and of schemas of custom resources.

use std::sync::Arc;

use bulkhead_kinds::Kinds;

use crate::{Env, KindTypes, ObjectTypes, SchemaTypes, StaticType};

fn outcome(env: &Env, expression: &str) -> String {
    match env.compile(expression) {
        Ok(program) => program.result_type().map(ToString::to_string).unwrap_or_default(),
        Err(error) => format!("{}:{}: {}", error.line, error.column, error.message),
    }
}

fn over(root: StaticType, objects: impl ObjectTypes + 'static) -> Env {
    Env::kubernetes(35).with_typed_variable("object", root).with_objects(Arc::new(objects))
}

#[test]
fn kinds_have_their_fields() {
    let kinds = Kinds::for_minor(35).expect("a supported version");
    let types = KindTypes::new(kinds, "apps/v1", "Deployment").expect("a kind");
    let env = over(types.root(), types);
    for (expression, wanted) in [
        ("object", "Deployment"),
        ("object.spec.replicas", "int"),
        ("object.spec.template.spec.containers[0]", "Deployment.spec.template.spec.containers.@idx"),
        ("object.metadata.labels", "map(string, string)"),
        ("object.metadata.namespace + object.metadata.__namespace__", "string"),
        ("object.metadata.creationTimestamp", "timestamp"),
        ("object.spec.strategy.rollingUpdate.maxSurge", "dyn"),
        ("object.spec.template.spec.containers.all(c, c.image != '')", "bool"),
        ("object.spec.replica", "1:12: undefined field 'replica'"),
        (
            "object.spec.replicas == '3'",
            "1:22: found no matching overload for '_==_' applied to '(int, string)'",
        ),
        // Amounts are published without a type, and what has none is not shown.
        ("object.spec.template.spec.containers[0].resources.limits", "1:50: undefined field 'limits'"),
    ] {
        assert_eq!(outcome(&env, expression), wanted, "{expression}");
    }
    assert!(KindTypes::new(kinds, "apps/v1", "Gone").is_none());
}

#[test]
fn schemas_have_their_fields() {
    let tree = super::tree(
        "
        type: object
        properties:
          metadata: {type: object}
          spec:
            type: object
            x-kubernetes-preserve-unknown-fields: true
            properties:
              port: {x-kubernetes-int-or-string: true}
              a-b: {type: integer}
              for: {type: boolean}
              when: {type: string, format: date-time}
              limits: {type: object, additionalProperties: {type: string}}
              rules: {type: array, items: {type: object, properties: {name: {type: string}}}}
              inner: {type: object, x-kubernetes-embedded-resource: true}
              shapeless: {x-kubernetes-preserve-unknown-fields: true}
              naïve: {type: string}
        ",
    );
    let types = SchemaTypes::new("Widget", tree.root()).expect("an object");
    let env = over(types.root(), types);
    for (expression, wanted) in [
        ("object.kind + object.metadata.name", "string"),
        ("object.metadata.labels", "1:16: undefined field 'labels'"),
        ("object.spec.port", "dyn"),
        ("object.spec.a__dash__b", "int"),
        ("object.spec.__for__ && object.spec.for", "bool"),
        ("object.spec.when", "timestamp"),
        ("object.spec.limits.cpu", "string"),
        ("object.spec.rules[0]", "Widget.spec.rules.@idx"),
        ("object.spec.rules.exists(r, r.name == 'x')", "bool"),
        ("object.spec.inner.metadata.name", "string"),
        ("object.spec.shapeless", "1:12: undefined field 'shapeless'"),
        ("object.spec.gone", "1:12: undefined field 'gone'"),
    ] {
        assert_eq!(outcome(&env, expression), wanted, "{expression}");
    }
}
