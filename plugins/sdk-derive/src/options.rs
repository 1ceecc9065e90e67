use std::ffi::CString;

use proc_macro2::Span;
use syn::{Attribute, LitCStr, LitStr, Result};

/// A name has no more bytes than this.
const MAX_NAME: usize = 128;

/// What `#[rps(…)]` says of a type.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) class: Option<LitStr>,
    pub(crate) rkyv: bool,
    pub(crate) capnp: Option<Span>,
}

impl Options {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Options> {
        let mut options = Options::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("rps")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    if options.name.is_some() {
                        return Err(meta.error("`name` is given twice"));
                    }
                    let name: LitStr = meta.value()?.parse()?;
                    check_name(&name)?;
                    options.name = Some(name);
                } else if meta.path.is_ident("class") {
                    if options.class.is_some() {
                        return Err(meta.error("`class` is given twice"));
                    }
                    let class: LitStr = meta.value()?.parse()?;
                    check_class(&class)?;
                    options.class = Some(class);
                } else if meta.path.is_ident("generate") {
                    meta.parse_nested_meta(|what| {
                        if what.path.is_ident("rkyv") {
                            options.rkyv = true;
                        } else if what.path.is_ident("capnp") {
                            options.capnp = Some(Span::call_site());
                        } else {
                            return Err(what.error("unknown: `generate` knows `rkyv` and `capnp`"));
                        }
                        Ok(())
                    })?;
                } else {
                    return Err(meta.error("unknown option: there are `name`, `class` and `generate`"));
                }
                Ok(())
            })?;
        }
        if let (None, Some(class)) = (&options.name, &options.class) {
            return Err(syn::Error::new(class.span(), "`class` needs `name`: only a payload has objects"));
        }
        Ok(options)
    }

    /// Returns the names of type and class, if it is a payload.
    pub(crate) fn names(&self) -> Option<(LitCStr, LitCStr)> {
        let name = self.name.as_ref()?;
        let class = match &self.class {
            Some(class) => class.value(),
            None => name.value().rsplit('/').next().unwrap_or_default().to_owned(),
        };
        let literal = |text: String| Some(LitCStr::new(&CString::new(text).ok()?, name.span()));
        Some((literal(name.value())?, literal(class)?))
    }
}

/// Checks that a type's name is that of a plugin, a slash, and a name.
fn check_name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let plugin = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c))
    };
    let good = match text.split_once('/') {
        Some((id, rest)) => plugin(id) && is_word(rest),
        None => false,
    };
    if good && text.len() <= MAX_NAME {
        return Ok(());
    }
    Err(syn::Error::new(name.span(), "the name of a payload is the plugin's id, `/` and a word: `geo/Point`"))
}

fn check_class(class: &LitStr) -> Result<()> {
    if is_word(&class.value()) && class.value().len() <= MAX_NAME {
        return Ok(());
    }
    Err(syn::Error::new(class.span(), "the name of a class is a word of letters, digits and `_`"))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
