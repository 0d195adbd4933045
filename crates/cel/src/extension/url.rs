//! URLs as Go reads them, which is more lenient than RFC 3986 here and stricter there.
//!
//! Source: Go, `net/url`. The API server reads a URL twice: as the target of a request, which has to be
//! absolute and knows no fragment, and then as any URL.

use std::fmt;

use super::address::Address;
use super::quote::{quoted, quoted_bytes, text_of};

/// A URL in its parts, decoded where Go decodes them; a part may be no valid text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    opaque: String,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    /// The path as it was written, where that is not how it would be written anew.
    raw_path: String,
    omits_host: bool,
    forces_query: bool,
    query: String,
    fragment: Vec<u8>,
    raw_fragment: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// A part of a URL, which decides what is escaped in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

impl Url {
    /// Reads an absolute URL or path as the API server does.
    ///
    /// # Errors
    /// The text is none, in Go's words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::check(text)?;
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = Self::read(before, false).map_err(|why| said(before, &why))?;
        if !fragment.is_empty() {
            url.fragment = unescaped(fragment, Part::Fragment).map_err(|why| said(text, &why))?;
            if escaped(&url.fragment, Part::Fragment) != fragment {
                fragment.clone_into(&mut url.raw_fragment);
            }
        }
        Ok(url)
    }

    /// Whether a text is the target of a request.
    ///
    /// # Errors
    /// It is none, in Go's words.
    pub(crate) fn check(text: &str) -> Result<(), String> {
        Self::read(text, true).map(|_| ()).map_err(|why| said(text, &why))
    }

    fn read(text: &str, of_request: bool) -> Result<Self, String> {
        let mut url = Self {
            scheme: String::new(),
            opaque: String::new(),
            user: None,
            host: Vec::new(),
            path: Vec::new(),
            raw_path: String::new(),
            omits_host: false,
            forces_query: false,
            query: String::new(),
            fragment: Vec::new(),
            raw_fragment: String::new(),
        };
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text.is_empty() && of_request {
            return Err("empty url".to_owned());
        }
        if text == "*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        let (scheme, mut rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        match rest.strip_suffix('?') {
            Some(before) if !before.contains('?') => {
                url.forces_query = true;
                rest = before;
            }
            _ => {
                let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
                query.clone_into(&mut url.query);
                rest = before;
            }
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if of_request {
                return Err("invalid URI for request".to_owned());
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let has_scheme = !url.scheme.is_empty();
        let after = rest.strip_prefix("//");
        match after.filter(|after| has_scheme || !of_request && !after.starts_with('/')) {
            Some(after) => {
                let end = after.find('/').unwrap_or(after.len());
                let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
                url.read_authority(authority)?;
                rest = path;
            }
            None => url.omits_host = has_scheme && rest.starts_with('/'),
        }
        url.path = unescaped(rest, Part::Path)?;
        if escaped(&url.path, Part::Path) != rest {
            rest.clone_into(&mut url.raw_path);
        }
        Ok(url)
    }

    fn read_authority(&mut self, authority: &str) -> Result<(), String> {
        let Some((user, host)) = authority.rsplit_once('@') else {
            self.host = host_of(authority)?;
            return Ok(());
        };
        self.host = host_of(host)?;
        let is_valid = |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
        if !user.chars().all(is_valid) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        self.user = Some(match user.split_once(':') {
            None => User { name: unescaped(user, Part::User)?, password: None },
            Some((name, password)) => {
                User { name: unescaped(name, Part::User)?, password: Some(unescaped(password, Part::User)?) }
            }
        });
        Ok(())
    }

    /// The scheme in small letters.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port as they stand.
    pub(crate) fn host(&self) -> String {
        text_of(&self.host)
    }

    /// The host without brackets.
    pub(crate) fn hostname(&self) -> String {
        text_of(self.split_host().0)
    }

    /// The digits of the port.
    pub(crate) fn port(&self) -> String {
        text_of(self.split_host().1)
    }

    fn split_host(&self) -> (&[u8], &[u8]) {
        let mut host: &[u8] = &self.host;
        let mut port: &[u8] = &[];
        if let Some(colon) = host.iter().rposition(|byte| *byte == b':')
            && let Some((before, [_, digits @ ..])) = host.split_at_checked(colon)
            && digits.iter().all(u8::is_ascii_digit)
        {
            (host, port) = (before, digits);
        }
        if let [b'[', inner @ .., b']'] = host {
            host = inner;
        }
        (host, port)
    }

    /// The path with what has to be escaped escaped.
    pub(crate) fn escaped_path(&self) -> String {
        if is_escaped(&self.raw_path, Part::Path) {
            return self.raw_path.clone();
        }
        if self.path == b"*" {
            return "*".to_owned();
        }
        escaped(&self.path, Part::Path)
    }

    fn escaped_fragment(&self) -> String {
        if is_escaped(&self.raw_fragment, Part::Fragment) {
            return self.raw_fragment.clone();
        }
        escaped(&self.fragment, Part::Fragment)
    }

    /// The parameters of the query, each with all its values, in the order of their first; those that
    /// cannot be read are left out.
    pub(crate) fn parameters(&self) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        // Go gives up on more than it counts as sane.
        if self.query.bytes().filter(|byte| *byte == b'&').count() >= 10_000 {
            return found;
        }
        let mut places = std::collections::BTreeMap::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Ok(key), Ok(value)) = (unescaped(key, Part::Query), unescaped(value, Part::Query)) else {
                continue;
            };
            let place = *places.entry(key.clone()).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, values)) => values.push(text_of(&value)),
                None => found.push((text_of(&key), vec![text_of(&value)])),
            }
        }
        found
    }
}

impl fmt::Display for Url {
    /// The URL as Go writes it anew.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            let mut is_first = self.scheme.is_empty();
            let has_host = !self.host.is_empty() || self.user.is_some();
            if has_host || !self.scheme.is_empty() && !self.omits_host {
                if has_host || !self.path.is_empty() {
                    f.write_str("//")?;
                    is_first = false;
                }
                if let Some(user) = &self.user {
                    f.write_str(&escaped(&user.name, Part::User))?;
                    if let Some(password) = &user.password {
                        write!(f, ":{}", escaped(password, Part::User))?;
                    }
                    f.write_str("@")?;
                }
                f.write_str(&escaped(&self.host, Part::Host))?;
            }
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                f.write_str("/")?;
            }
            if is_first && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
                f.write_str("./")?;
            }
            f.write_str(&path)?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if self.forces_query || !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", self.escaped_fragment())?;
        }
        Ok(())
    }
}

/// A mistake as Go tells it, with the text it is in.
fn said(text: &str, why: &str) -> String {
    format!("parse {}: {why}", quoted(text))
}

/// The scheme, if there is one, and what follows it.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

/// A host with its port, decoded.
fn host_of(host: &str) -> Result<Vec<u8>, String> {
    let no_port = |port: &str| Err(format!("invalid port {} after host", quoted(port)));
    match host.rfind('[') {
        Some(0) => {
            let inner = host.get(1..).unwrap_or("");
            let Some((name, port)) = inner.rsplit_once(']') else {
                return Err("missing ']' in host".to_owned());
            };
            if !is_port(port) {
                return no_port(port);
            }
            let name = match name.find("%25").and_then(|zone| name.split_at_checked(zone)) {
                Some((name, zone)) => [unescaped(name, Part::Host)?, unescaped(zone, Part::Zone)?].concat(),
                None => unescaped(name, Part::Host)?,
            };
            let address = std::str::from_utf8(&name).map_err(|_| {
                format!("invalid host: ParseAddr({}): unable to parse IP", quoted_bytes(&name))
            })?;
            match Address::parse_with_zone(address) {
                Err(why) => return Err(format!("invalid host: {why}")),
                Ok((Address::V4(_), _)) => return Err("invalid IP-literal".to_owned()),
                Ok(_) => {}
            }
            return Ok([b"[", &*name, b"]", port.as_bytes()].concat());
        }
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Colons before the last are let through: some name several hosts with ports.
    if let Some(colon) = host.rfind(':') {
        let port = host.get(colon..).unwrap_or("");
        if !is_port(port) {
            return no_port(port);
        }
    }
    unescaped(host, Part::Host)
}

/// Nothing, or a colon and digits.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => text.is_empty(),
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A part with its escapes resolved.
fn unescaped(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let no_escape = |shown: &[u8]| Err(format!("invalid URL escape {}", quoted_bytes(shown)));
    loop {
        match rest {
            [] => return Ok(out),
            [b'%', after @ ..] => {
                let [high, low, next @ ..] = after else { return no_escape(rest) };
                let shown = [b'%', *high, *low];
                let (Some(upper), Some(lower)) = (hex(*high), hex(*low)) else { return no_escape(&shown) };
                let value = upper << 4 | lower;
                let is_percent = shown == *b"%25";
                let refused = match part {
                    Part::Host => upper < 8 && !is_percent,
                    Part::Zone => !is_percent && value != b' ' && must_escape(value, Part::Host),
                    _ => false,
                };
                if refused {
                    return no_escape(&shown);
                }
                out.push(value);
                rest = next;
            }
            [byte, next @ ..] => {
                if matches!(part, Part::Host | Part::Zone) && *byte < 0x80 && must_escape(*byte, part) {
                    return Err(format!("invalid character {} in host name", quoted_bytes(&[*byte])));
                }
                out.push(if *byte == b'+' && part == Part::Query { b' ' } else { *byte });
                rest = next;
            }
        }
    }
}

/// A part with all escaped that has to be.
fn escaped(bytes: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if !must_escape(*byte, part) {
            out.push(char::from(*byte));
            continue;
        }
        out.push('%');
        for digit in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
        }
    }
    out
}

/// Whether a part as it was written needs no more escapes.
fn is_escaped(text: &str, part: Part) -> bool {
    let is_plain = |byte: u8| b"!$&'()*+,;=:@[]%".contains(&byte) || !must_escape(byte, part);
    !text.is_empty() && text.bytes().all(is_plain)
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Query | Part::Host | Part::Zone => true,
        },
        b'!' | b'(' | b')' | b'*' => part != Part::Fragment,
        _ => true,
    }
}
