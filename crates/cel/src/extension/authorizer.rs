//! Who may do what, as an expression asks step by step: `authorizer.group('apps').resource('deployments').check('get')`.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/authz.go`. The caller hands in the one who answers; a check is
//! made each time an expression asks, and nothing is kept.

use std::fmt;
use std::sync::Arc;

/// Answers whether a user may do something. The API server has it; a caller may hand one in.
pub trait Authorizer: fmt::Debug + Send + Sync {
    /// Decides.
    fn authorize(&self, asked: &AccessRequest<'_>) -> Decision;
}

/// What is asked of an [`Authorizer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessRequest<'r> {
    /// Whose right it is.
    pub user: &'r str,
    /// What is to be done: a verb of the API, or a method of HTTP for a path.
    pub verb: &'r str,
    /// On what.
    pub target: Target<'r>,
}

/// On what something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'r> {
    /// A path that is no resource, such as `/healthz`.
    Path(&'r str),
    /// A resource, of any version.
    Resource(&'r AccessResource),
}

/// A resource of the API; what is not named is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessResource {
    /// The API group.
    pub group: String,
    /// The resource in plural, such as `pods`.
    pub resource: String,
    /// Such as `status`.
    pub subresource: String,
    /// Where.
    pub namespace: String,
    /// Which one.
    pub name: String,
    /// What a list is filtered by, as it is written. A server leaves out what it cannot read.
    pub field_selector: String,
    /// What a list is filtered by, as it is written. A server leaves out what it cannot read.
    pub label_selector: String,
}

/// What was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed; a denial and no opinion are the same here.
    pub allowed: bool,
    /// Why, as far as that is told.
    pub reason: String,
    /// What went wrong when it was decided.
    pub error: Option<String>,
}

/// One who answers, and the user it is asked for.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Who answers.
    pub authorizer: Arc<dyn Authorizer>,
    /// The user's name.
    pub user: Arc<str>,
}

/// One step of a question, or its answer.
#[derive(Debug, Clone)]
pub enum Access {
    /// `authorizer`
    Authorizer(Subject),
    /// `authorizer.path(…)`
    Path(Subject, Arc<str>),
    /// `authorizer.group(…)`
    Group(Subject, Arc<str>),
    /// `authorizer.group(…).resource(…)`
    Resource(Subject, Box<AccessResource>),
    /// `….check(…)`
    Decision(Box<Decision>),
}
