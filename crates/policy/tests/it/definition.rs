//! Rules of `CustomResourceDefinition`s: those that cannot be used, and the resources that break them.

use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_kinds::Kinds;
use bulkhead_model::Analysis;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Set, Settings, Surroundings};

/// A definition of Gadgets with this schema of `spec`.
fn definition(spec: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gadgets.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
{spec}
"
    )
}

fn judge(definition: &str, object: &str) -> Analysis {
    let only = ["custom-resource-refused", "definition-rule-broken"].map(str::to_owned).to_vec();
    let selection = Selection { only, set: Set::All, ..Selection::default() };
    let mut judge = Judge::new(&Pack::builtin().unwrap(), &selection, &Settings::default()).unwrap();
    let tree = |text: &str| read(text.into(), &Limits::default()).next().unwrap().unwrap();
    assert!(judge.wanted().wants(tree(definition).root()));
    let mut around = Surroundings::default();
    around.add(&"crd.yaml".into(), tree(definition), Kinds::for_minor(35).unwrap());
    assert!(judge.know(around).is_empty());
    let (file, namespaces): (Arc<str>, _) = ("f.yaml".into(), Namespaces::default());
    judge.judge(tree(object), Origin { file: &file, document: 0, namespaces: &namespaces })
}

fn told(analysis: &Analysis) -> Vec<String> {
    let findings = analysis.findings.iter().map(|finding| {
        format!("{} {}: {}", finding.at.as_ref().unwrap().line, finding.field, finding.message)
    });
    let gaps = analysis.coverage.gaps.iter().map(|gap| format!("{}: {}", gap.kind, gap.message));
    let skipped = analysis.coverage.skipped.iter().map(|(reason, count)| format!("{reason} {count}"));
    findings.chain(gaps).chain(skipped).collect()
}

#[test]
fn resources_are_held_to_their_rules() {
    for (schema, spec, wanted) in [
        (
            "
            type: object
            properties: {least: {type: integer}, most: {type: integer, default: 3}}
            x-kubernetes-validations:
            - {rule: self.least <= self.most, fieldPath: .least, messageExpression: \"'at most ' + string(self.most)\"}",
            "{least: 4}",
            &["4 spec.least: at most 3"][..],
        ),
        (
            "
            type: object
            properties:
              parts:
                type: array
                items:
                  type: object
                  properties: {name: {type: string}, the-size: {type: number}, namespace: {type: string}}
                  x-kubernetes-validations:
                  - {rule: self.the__dash__size > 1.5, message: too small}
                  - {rule: \"!has(self.__namespace__)\"}",
            "{parts: [{name: a, the-size: 2}, {name: b, the-size: 1, namespace: x}]}",
            &[
                "4 spec.parts[1]: too small",
                "4 spec.parts[1]: failed rule: !has(self.__namespace__)",
            ],
        ),
        (
            "
            type: object
            properties:
              until: {type: string, format: date-time}
              every: {type: string, format: duration, x-kubernetes-validations: [{rule: self > duration('1m')}]}
              labels: {type: object, additionalProperties: {type: string, x-kubernetes-validations: [{rule: self.size() > 1, message: short}]}}
            x-kubernetes-validations: [{rule: self.until.getFullYear() > 2030}]",
            "{until: '2029-01-01T00:00:00Z', every: 30s, labels: {a-b: x}}",
            &[
                "4 spec: failed rule: self.until.getFullYear() > 2030",
                "4 spec.every: failed rule: self > duration('1m')",
                "4 spec.labels.a-b: short",
            ],
        ),
        (
            "
            type: object
            properties:
              name: {type: string, default: abc, x-kubernetes-validations: [{rule: self == oldSelf}, {rule: \"!self.startsWith('a')\"}]}
              old: {type: string, x-kubernetes-validations: [{rule: \"oldSelf.hasValue() || self == 'new'\", optionalOldSelf: true, message: must begin as new}]}",
            "{old: used}",
            &["4 spec.name: failed rule: !self.startsWith('a')", "4 spec.old: must begin as new", "rule-over-a-change 1"],
        ),
        (
            "
            type: object
            properties: {size: {type: integer, x-kubernetes-validations: [{rule: self > 1}]}}",
            "{size: large}",
            &["undecodable-field: spec.size is \"large\", the definition expects a whole number"],
        ),
        (
            "
            type: object
            properties: {size: {type: integer}}
            x-kubernetes-validations: [{rule: self.size > 1}]",
            "{}",
            &["4 spec: no such key: size evaluating rule: self.size > 1"],
        ),
    ] {
        let object = format!("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: g}}\nspec: {spec}\n");
        let mut found = told(&judge(&definition(schema), &object));
        let mut wanted = wanted.to_vec();
        found.sort();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{schema}");
    }
}

#[test]
fn what_a_server_would_not_take_is_told_of_the_definition() {
    let definition = definition(
        "
            type: object
            properties: {size: {type: integer}, parts: {type: array, items: {type: string, x-kubernetes-validations: [{rule: self == oldSelf}]}}}
            x-kubernetes-validations:
            - {rule: 'self.size >'}
            - {rule: selv.size > 1}
            - {rule: self.size > 1, fieldPath: .sise}
            - {rule: '', message: m}
            - {rule: self.sise > 1}
            - {rule: self.size}",
    );
    let found = told(&judge(&definition, &definition));
    let base = "spec.versions[0].schema.openAPIV3Schema.properties.spec";
    assert_eq!(found.len(), 9, "{found:#?}");
    for start in [
        format!(
            "19 {base}.properties.parts.items.x-kubernetes-validations[0].rule: estimated rule cost exceeds budget"
        ),
        format!(
            "19 {base}.properties.parts.items.x-kubernetes-validations[0].rule: oldSelf is read below a list"
        ),
        format!("21 {base}.x-kubernetes-validations[0].rule: Syntax error"),
        format!("22 {base}.x-kubernetes-validations[1].rule: undeclared reference to 'selv'"),
        format!("23 {base}.x-kubernetes-validations[2].fieldPath: fieldPath \".sise\" leads to no field"),
        format!("24 {base}.x-kubernetes-validations[3]: a rule is empty"),
        format!("25 {base}.x-kubernetes-validations[4].rule: undefined field 'sise'"),
        format!("26 {base}.x-kubernetes-validations[5].rule: must evaluate to bool, gives int"),
    ] {
        assert!(found.iter().any(|found| found.starts_with(&start)), "{start}\n{found:#?}");
    }
}

/// A rule that may cost too much is refused by the server, until the schema says how large things are.
#[test]
fn what_rules_may_cost_is_limited() {
    let schema = |items: &str, text: &str| {
        definition(&format!(
            "
            type: object
            properties:
              parts:
                type: array
                {items}
                items: {{type: string, {text}}}
                x-kubernetes-validations:
                - {{rule: 'self.all(x, self.exists_one(y, x == y))', optionalOldSelf: true}}"
        ))
    };
    let costs = |items: &str, text: &str| -> Vec<String> {
        let definition = schema(items, text);
        let found = told(&judge(&definition, &definition));
        found.into_iter().filter(|found| found.contains("exceeds budget")).collect()
    };
    let unbounded = costs("description: parts", "description: part");
    assert_eq!(unbounded.len(), 2, "{unbounded:#?}");
    assert!(unbounded.iter().any(|found| found.contains("rule: estimated rule cost")), "{unbounded:#?}");
    assert!(unbounded.iter().any(|found| found.contains("for entire OpenAPIv3 schema")), "{unbounded:#?}");
    assert_eq!(costs("maxItems: 20", "maxLength: 50"), Vec::<String>::new());
    let definition = schema("maxItems: 20", "maxLength: 50");
    let found = told(&judge(&definition, &definition));
    assert!(found.iter().any(|found| found.contains("may not be set if oldSelf is not used")), "{found:#?}");
}
