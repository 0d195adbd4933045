//! References of images, and the variable `images`.
//!
//! Source: Kyverno 1.17, `pkg/utils/image` and `pkg/utils/api/image.go`; the grammar is that of
//! github.com/distribution/reference.

use crate::kyverno::value::{Entries, Value};

/// Where images come from that name no registry.
const DEFAULT_REGISTRY: &str = "docker.io";

/// A reference taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    registry: String,
    path: String,
    tag: String,
    digest: String,
}

/// Takes a reference apart.
pub(super) fn parse(reference: &str) -> Result<Image, String> {
    let wrong = || format!("bad image: {reference}: invalid reference format");
    let first = reference.split_once('/').map(|(first, _)| first);
    let has_registry = first.is_some_and(|first| {
        first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first
    });
    let full = if has_registry { reference.to_owned() } else { format!("{DEFAULT_REGISTRY}/{reference}") };
    let (named, digest) = full
        .split_once('@')
        .map_or((full.as_str(), None), |(named, digest)| (named, Some(digest)));
    let (registry, rest) = named.split_once('/').ok_or_else(wrong)?;
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let fits = is_registry(registry)
        && path.split('/').all(is_component)
        && registry.len() + path.len() < 255
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    if !fits {
        return Err(wrong());
    }
    let default = if digest.is_none() { "latest" } else { "" };
    Ok(Image {
        registry: registry.to_owned(),
        path: path.to_owned(),
        tag: tag.unwrap_or(default).to_owned(),
        digest: digest.unwrap_or("").to_owned(),
    })
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Small letters and digits, with `.`, `_`, `__` or hyphens between them.
fn is_component(text: &str) -> bool {
    let mut run = String::new();
    let mut last_was_letter = false;
    for letter in text.chars() {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            let between = run.is_empty()
                || matches!(run.as_str(), "." | "_" | "__")
                || run.chars().all(|letter| letter == '-');
            if !between || !run.is_empty() && !last_was_letter {
                return false;
            }
            run.clear();
            last_was_letter = true;
        } else if matches!(letter, '.' | '_' | '-') {
            run.push(letter);
        } else {
            return false;
        }
    }
    last_was_letter && run.is_empty()
}

fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().next().is_some_and(is_word)
        && text.len() <= 128
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let wanted = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == wanted && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl Image {
    /// `REGISTRY/PATH` with the digest, or else the tag.
    pub(super) fn reference(&self) -> String {
        let Self { registry, path, tag, digest } = self;
        if digest.is_empty() {
            format!("{registry}/{path}:{tag}")
        } else {
            format!("{registry}/{path}@{digest}")
        }
    }

    fn value(&self, pointer: &str) -> Value {
        let Self { registry, path, tag, .. } = self;
        let name = path.rsplit('/').next().unwrap_or(path);
        let texts = [
            ("registry", registry.clone()),
            ("name", name.to_owned()),
            ("path", path.clone()),
            ("tag", tag.clone()),
            ("digest", self.digest.clone()),
            ("reference", self.reference()),
            ("referenceWithTag", format!("{registry}/{path}:{tag}")),
            ("jsonPointer", pointer.to_owned()),
        ];
        let is_kept = |(name, text): &(&str, String)| {
            !text.is_empty() || matches!(*name, "name" | "path" | "jsonPointer")
        };
        Value::map(
            texts
                .into_iter()
                .filter(is_kept)
                .map(|(name, text)| (name.into(), Value::text(text)))
                .collect(),
        )
    }
}

/// The variable `images`: the references of an object's containers, by sort and name.
pub(crate) fn images(kind: &str, object: &Value) -> Result<Option<Value>, String> {
    let spec: &[&str] = match kind {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "DaemonSet" | "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet" | "Job" => {
            &["spec", "template", "spec"]
        }
        _ => return Ok(None),
    };
    let mut found = Entries::new();
    for sort in ["initContainers", "containers", "ephemeralContainers"] {
        let containers = object.at(spec).and_then(|spec| spec.get(sort)).and_then(Value::as_list);
        let mut images = Entries::new();
        for (place, container) in containers.into_iter().flat_map(|containers| containers.iter()).enumerate()
        {
            let text = |field: &str| container.get(field).and_then(Value::as_text);
            let name = text("name").ok_or_else(|| "invalid key".to_owned())?;
            let Some(image) = text("image").filter(|image| !image.trim().is_empty()) else { continue };
            let pointer = format!("/{}/{sort}/{place}/image", spec.join("/"));
            images.insert(name.into(), parse(image)?.value(&pointer));
        }
        if !images.is_empty() {
            found.insert(sort.into(), Value::map(images));
        }
    }
    Ok((!found.is_empty()).then(|| Value::map(found)))
}

#[test]
fn references_as_kyverno_reads_them() {
    for (text, wanted) in [
        ("nginx", "docker.io/nginx:latest"),
        ("library/nginx:1.25", "docker.io/library/nginx:1.25"),
        ("ghcr.io/a/b:v1", "ghcr.io/a/b:v1"),
        ("localhost/a", "localhost/a:latest"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
    ] {
        assert_eq!(parse(text).unwrap().reference(), wanted);
    }
    for text in ["", "UPPER", "a//b", "a:", "-a", "a@sha256:12"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
