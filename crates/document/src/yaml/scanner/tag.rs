//! Anchors, aliases, tags and directives.

use super::{Form, Scanner, Token, offset};
use crate::limits::Failure;
use crate::tree::Span;

/// A tag: the handle stands for a prefix. Without a handle the suffix is the whole tag. For a `%TAG`
/// directive the suffix is the prefix.
#[derive(Debug, Default)]
pub(in crate::yaml) struct Tag {
    pub(in crate::yaml) handle: String,
    pub(in crate::yaml) suffix: String,
}

impl<'s> Scanner<'s> {
    pub(super) fn anchor(&mut self, form: Form) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        self.at += 1;
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        let ends = self.is_blank_or_end(self.at)
            || matches!(self.byte(self.at), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.at == start + 1 || !ends {
            let message = if form == Form::Alias {
                "'*' begins an alias, whose name has letters, digits, '-' and '_'; quote other text"
            } else {
                "'&' begins an anchor, whose name has letters, digits, '-' and '_'; quote other text"
            };
            return Err(Failure::syntax(start, message));
        }
        let text = Span { start: offset(start + 1), end: self.offset() };
        let token = Token::new(form, offset(start), self.offset());
        self.tokens.push_back(Token { text, ..token });
        Ok(())
    }

    pub(super) fn tag(&mut self) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        let tag = if self.byte(start + 1) == b'<' {
            self.at += 2;
            let mut suffix = String::new();
            self.tag_text(start, &mut suffix)?;
            if suffix.is_empty() || self.byte(self.at) != b'>' {
                return Err(Failure::syntax(start, "the tag does not end with '>'"));
            }
            self.at += 1;
            Tag { handle: String::new(), suffix }
        } else {
            let handle = self.tag_handle();
            if handle.len() > 1 && handle.ends_with('!') {
                let mut suffix = String::new();
                self.tag_text(start, &mut suffix)?;
                if suffix.is_empty() {
                    return Err(Failure::syntax(start, "the tag has no name"));
                }
                Tag { handle: handle.to_owned(), suffix }
            } else {
                let mut suffix = handle.get(1..).unwrap_or("").to_owned();
                self.tag_text(start, &mut suffix)?;
                if suffix.is_empty() {
                    Tag { handle: String::new(), suffix: "!".to_owned() }
                } else {
                    Tag { handle: "!".to_owned(), suffix }
                }
            }
        };
        if !self.is_blank_or_end(self.at) {
            return Err(Failure::syntax(start, "expected a blank after the tag"));
        }
        self.tags.push_back(tag);
        self.push(Form::Tag, start);
        Ok(())
    }

    pub(super) fn directive(&mut self) -> Result<(), Failure> {
        self.unroll(-1);
        self.forget_key()?;
        self.key_allowed = false;
        let start = self.at;
        self.at += 1;
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        let form = match self.source.get(start + 1..self.at) {
            Some("YAML") if self.is_blank_or_end(self.at) => self.version(start)?,
            Some("TAG") if self.is_blank_or_end(self.at) => self.tag_directive(start)?,
            _ => {
                return Err(Failure::syntax(start, "'%' begins a directive, and this one is unknown"));
            }
        };
        self.push(form, start);
        self.skip_blanks();
        if self.byte(self.at) == b'#' {
            self.skip_comment();
        }
        if self.is_break(self.at) {
            self.skip_break();
        } else if self.at < self.bytes.len() {
            return Err(Failure::syntax(self.at, "expected the end of the line after a directive"));
        }
        Ok(())
    }

    fn version(&mut self, start: usize) -> Result<Form, Failure> {
        self.skip_blanks();
        let major = self.version_number();
        if self.byte(self.at) == b'.' {
            self.at += 1;
        }
        let minor = self.version_number();
        match (major, minor) {
            (Some(major), Some(minor)) => Ok(Form::Version { major, minor }),
            _ => Err(Failure::syntax(start, "expected a version such as 1.1 after %YAML")),
        }
    }

    fn version_number(&mut self) -> Option<u8> {
        let start = self.at;
        while self.byte(self.at).is_ascii_digit() {
            self.at += 1;
        }
        self.source.get(start..self.at).filter(|digits| digits.len() <= 2)?.parse().ok()
    }

    fn tag_directive(&mut self, start: usize) -> Result<Form, Failure> {
        let wrong = Failure::syntax(start, "expected a handle such as '!e!' and a prefix after %TAG");
        self.skip_blanks();
        let handle = self.tag_handle();
        if !handle.ends_with('!') || !self.is_blank(self.at) {
            return Err(wrong);
        }
        self.skip_blanks();
        let mut suffix = String::new();
        self.tag_text(start, &mut suffix)?;
        if suffix.is_empty() || !self.is_blank_or_end(self.at) {
            return Err(wrong);
        }
        self.tags.push_back(Tag { handle: handle.to_owned(), suffix });
        Ok(Form::TagDirective)
    }

    /// `!`, letters, and a second `!` if there is one; nothing where there is no `!`.
    fn tag_handle(&mut self) -> &'s str {
        let start = self.at;
        if self.byte(self.at) == b'!' {
            self.at += 1;
            while is_word(self.byte(self.at)) {
                self.at += 1;
            }
            if self.byte(self.at) == b'!' {
                self.at += 1;
            }
        }
        self.source.get(start..self.at).unwrap_or("")
    }

    /// The characters of a URI, with `%` escapes resolved.
    fn tag_text(&mut self, start: usize, text: &mut String) -> Result<(), Failure> {
        let mut escaped = Vec::new();
        loop {
            let byte = self.byte(self.at);
            if byte == b'%' {
                let digits = self.source.get(self.at + 1..self.at + 3);
                let byte = digits
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let Some(byte) = byte else {
                    return Err(Failure::syntax(start, "expected two hexadecimal digits after '%' in a tag"));
                };
                escaped.push(byte);
                self.at += 3;
                continue;
            }
            if !escaped.is_empty() {
                let Ok(characters) = std::str::from_utf8(&escaped) else {
                    return Err(Failure::syntax(start, "the '%' escapes of a tag are not UTF-8"));
                };
                text.push_str(characters);
                escaped.clear();
            }
            if !is_word(byte) && !b";/?:@&=+$,.!~*'()[]".contains(&byte) {
                return Ok(());
            }
            text.push(char::from(byte));
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(self.at) {
            self.at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
