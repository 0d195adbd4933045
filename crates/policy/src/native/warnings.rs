//! What a server warns of in a policy's status: expressions that do not fit the kinds that it matches.
//!
//! Such a policy is in force all the same, with `object` untyped, and `failurePolicy` decides what comes of
//! it. So this is a finding on the policy itself, and no verdict changes by it.
//!
//! Source: `TypeChecker` of k8s.io/apiserver, `pkg/admission/plugin/policy/validating`.

use std::collections::BTreeSet;
use std::sync::Arc;

use bulkhead_cel::{Env, StaticType};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::{
    Finding, Fingerprint, Identity, Location, Namespace, ObjectRef, Severity, Subject, Workload,
};

use super::types::{self, KindTypes, RequestTypes};
use super::{Native, Reach, Rules};
use crate::plan;
use crate::policy::{Expression, Policy};

/// A server looks at no more kinds of one rule.
const MOST_KINDS: usize = 10;

/// What a server would warn of.
pub(super) fn warnings(policy: &Policy, native: &Native, kinds: &'static Kinds) -> Vec<Finding> {
    let Reach::Admission(matching) = &native.reach else { return Vec::new() };
    let mut findings = Vec::new();
    for info in matching.named_kinds(kinds, MOST_KINDS) {
        let Some(of) = info.object_type() else { continue };
        let env = environment(&native.rules, kinds, of.name());
        let mut told = BTreeSet::new();
        for (place, validation) in native.rules.validations.iter().enumerate() {
            let expressions = [
                ("expression", Some(&validation.expression)),
                ("messageExpression", validation.message_expression.as_ref()),
            ];
            for (field, expression) in expressions {
                let Some(expression) = expression else { continue };
                let Err(wrong) = env.compile(&expression.source) else { continue };
                let field = format!("spec.validations[{place}].{field}");
                if told.insert(field.clone()) {
                    let span = wrong.span.clone();
                    findings.push(finding(policy, native, expression, span, &field, info, &wrong.message));
                }
            }
        }
    }
    findings
}

/// The environment in which `object` is of a kind, with the policy's variables.
fn environment(rules: &Rules, kinds: &'static Kinds, of: &str) -> Env {
    let mut env = Env::kubernetes_stored(kinds.minor())
        .with_objects(Arc::new(RequestTypes))
        .with_objects(Arc::new(KindTypes(kinds)))
        .with_typed_variable("object", StaticType::object(of))
        .with_typed_variable("oldObject", StaticType::object(of))
        .with_typed_variable("request", StaticType::object(types::REQUEST))
        .with_typed_variable("namespaceObject", StaticType::object(types::NAMESPACE))
        .with_typed_variable("authorizer", StaticType::authorizer())
        .with_typed_variable("authorizer.requestResource", StaticType::resource_check());
    if let Some(kind) = &rules.parameter_kind {
        let of = kinds.find(&kind.api_version, &kind.kind).and_then(KindInfo::object_type);
        env =
            env.with_typed_variable("params", of.map_or(StaticType::Dyn, |of| StaticType::object(of.name())));
    }
    for (name, expression) in &rules.variables {
        let of = env.compile(&expression.source).ok();
        let of = of.and_then(|program| program.result_type().map(types::of_variable));
        env = env.with_typed_variable(format!("variables.{name}"), of.unwrap_or(StaticType::Dyn));
    }
    env
}

fn finding(
    policy: &Policy,
    native: &Native,
    expression: &Expression,
    span: std::ops::Range<usize>,
    field: &str,
    info: KindInfo<'_>,
    message: &str,
) -> Finding {
    let at = plan::error(policy, expression, span, message);
    let kind: Arc<str> = "ValidatingAdmissionPolicy".into();
    let workload = Workload { kind: kind.clone(), namespace: Namespace::Cluster, name: native.name.clone() };
    let subject = ObjectRef {
        api_version: "admissionregistration.k8s.io/v1".into(),
        kind,
        namespace: Namespace::Cluster,
        name: native.name.clone(),
    };
    let path = format!("{field}?{}/{}", info.api_version(), info.kind());
    Finding {
        check: policy.id.clone(),
        severity: Severity::Low,
        subject: Arc::new(Subject::Object(subject)),
        workload: None,
        field: field.into(),
        at: Some(Location {
            file: policy.file.clone(),
            document: u32::try_from(policy.document).unwrap_or(u32::MAX),
            line: at.line,
            column: at.column,
            end_line: at.line,
            end_column: at.column.saturating_add(1),
        }),
        message: format!("does not fit {} {}: {message}", info.api_version(), info.kind()).into(),
        fix: "Correct the expression, or match other resources".into(),
        fingerprint: Fingerprint::of(Identity { check: &policy.id, workload: &workload, path: &path }),
        excepted: None,
        claimed: None,
        known: false,
        excerpt: None,
    }
}
