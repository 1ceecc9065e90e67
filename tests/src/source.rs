//! Rust source text without what the compiler does not run.
//!
//! Tests of the architecture search code for words such as `unsafe`. A comment or a string that mentions them is no
//! code; so is, for rules about what a crate does in earnest, a unit test.

/// Returns the source with comments, and the contents of strings and characters, replaced by spaces.
///
/// Every line keeps its number and every byte of code its column.
pub fn code_only(source: &str) -> String {
    let mut scanner = Scanner { rest: source, code: String::with_capacity(source.len()) };
    while let Some(character) = scanner.rest.chars().next() {
        scanner.token(character);
    }
    scanner.code
}

/// Returns the code with every item under `#[cfg(test)]` blanked out. Give it the result of [`code_only`].
pub fn without_unit_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut result = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let end = start + MARK.len() + item_length(&rest[start + MARK.len()..]);
        result.push_str(&rest[..start]);
        blank(&rest[start..end], &mut result);
        rest = &rest[end..];
    }
    result.push_str(rest);
    result
}

/// Returns the numbers of the lines in which the word stands by itself, not as a part of a longer name.
pub fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let has_word = |line: &str| {
        line.match_indices(word).any(|(start, _)| {
            let before = line[..start].chars().next_back().is_some_and(is_name);
            let after = line[start + word.len()..].chars().next().is_some_and(is_name);
            !before && !after
        })
    };
    code.lines().enumerate().filter(|(_, line)| has_word(line)).map(|(index, _)| index + 1).collect()
}

struct Scanner<'source> {
    rest: &'source str,
    code: String,
}

impl Scanner<'_> {
    /// Moves over one token, or as much of it as is copied in one piece.
    fn token(&mut self, first: char) {
        if self.rest.starts_with("//") {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.blank(length);
        } else if self.rest.starts_with("/*") {
            self.blank(comment_length(self.rest));
        } else if first == '"' {
            self.string(1);
        } else if first == '\'' {
            self.character_or_lifetime();
        } else if is_name(first) {
            let length = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
            let (word, after) = self.rest.split_at(length);
            let hashes = after.len() - after.trim_start_matches('#').len();
            let quoted = after[hashes..].starts_with('"');
            match word {
                "r" | "br" | "cr" if quoted => self.raw_string(length + hashes + 1, hashes),
                "b" | "c" if quoted && hashes == 0 => self.string(length + 1),
                _ => self.copy(length),
            }
        } else {
            self.copy(first.len_utf8());
        }
    }

    /// Moves over a string whose opening quote ends after `prefix` bytes.
    fn string(&mut self, prefix: usize) {
        self.copy(prefix);
        let mut escaped = false;
        let end = self.rest.find(|character| {
            let closes = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            closes
        });
        self.blank(end.unwrap_or(self.rest.len()));
        self.copy(1);
    }

    fn raw_string(&mut self, prefix: usize, hashes: usize) {
        self.copy(prefix);
        let end = format!("\"{}", "#".repeat(hashes));
        self.blank(self.rest.find(&end).unwrap_or(self.rest.len()));
        self.copy(end.len());
    }

    /// Moves over a character literal, or over the quote of a lifetime.
    fn character_or_lifetime(&mut self) {
        let mut characters = self.rest[1..].chars();
        let length = match (characters.next(), characters.next()) {
            (Some('\\'), Some(escaped)) => {
                let skip = 2 + escaped.len_utf8();
                self.rest[skip..].find('\'').map(|end| end + skip)
            }
            (Some(single), Some('\'')) => Some(1 + single.len_utf8()),
            _ => None,
        };
        self.copy(1);
        if let Some(length) = length {
            self.blank(length - 1);
            self.copy(1);
        }
    }

    fn copy(&mut self, length: usize) {
        let (copied, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.code.push_str(copied);
        self.rest = rest;
    }

    fn blank(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        blank(blanked, &mut self.code);
        self.rest = rest;
    }
}

fn blank(text: &str, result: &mut String) {
    result.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// Returns the length of the comment, which may contain comments, at the start of the text.
fn comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut position = 0;
    while position < text.len() {
        let rest = &text.as_bytes()[position..];
        if rest.starts_with(b"/*") {
            depth += 1;
            position += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            position += 2;
        } else {
            position += 1;
        }
        if depth == 0 {
            return position;
        }
    }
    text.len()
}

/// Returns the length of the item at the start of the code: to its `;`, or to the end of its braces.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (position, byte) in code.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth -= 1;
                if depth == 0 && byte == b'}' {
                    return position + 1;
                }
            }
            b';' if depth == 0 => return position + 1,
            _ => {}
        }
    }
    code.len()
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        for (source, code) in [
            ("a // unsafe\nb", "a          \nb"),
            ("a /* x /* y */ z */ b", "a                   b"),
            (r#"f("unsafe \" {", 1)"#, r#"f("           ", 1)"#),
            (r##"f(r#"a " b"#, 1)"##, r##"f(r#"     "#, 1)"##),
            (r#"f(b"x", c"y")"#, r#"f(b" ", c" ")"#),
            ("f('{', '\\'', '\\u{7d}')", "f(' ', '  ', '      ')"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("let r = br; \"é\"", "let r = br; \"  \""),
        ] {
            assert_eq!(code_only(source), code);
        }
    }

    #[test]
    fn unfinished_text_does_not_hang_or_panic() {
        for source in ["\"", "'", "'\\", "/*", "/* é", "r#\"", "b\"\\"] {
            assert!(code_only(source).len() >= source.len() - 1, "{source}");
        }
    }

    #[test]
    fn unit_tests_are_taken_out() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { c(); }\n}\nfn d() {}\n#[cfg(test)]\nmod e;\nf\n";
        let left = without_unit_tests(code);
        assert_eq!(left.lines().count(), code.lines().count());
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["fn", "a()", "{}", "fn", "d()", "{}", "f"]);
    }

    #[test]
    fn a_word_is_not_a_part_of_a_name() {
        assert_eq!(lines_with_word("unsafe_code\nan unsafe {\nmy_unsafe unsafe", "unsafe"), [2, 3]);
    }
}
