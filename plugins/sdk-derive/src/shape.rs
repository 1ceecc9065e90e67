use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Type, TypePath};

/// What a type consists of.
pub(crate) enum Shape<'input> {
    Struct(&'input Fields),
    Enum(Vec<(&'input Ident, &'input Fields)>),
}

impl<'input> Shape<'input> {
    pub(crate) fn of(input: &'input DeriveInput) -> Result<Shape<'input>> {
        if let Some(lifetime) = input.generics.lifetimes().next() {
            return Err(Error::new_spanned(lifetime, "a payload owns all that it has: it borrows nothing"));
        }
        let shape = match &input.data {
            Data::Struct(data) => Shape::Struct(&data.fields),
            Data::Enum(data) if data.variants.is_empty() => {
                return Err(Error::new_spanned(
                    &input.ident,
                    "an enum without variants has no values to write",
                ));
            }
            Data::Enum(data) => {
                Shape::Enum(data.variants.iter().map(|variant| (&variant.ident, &variant.fields)).collect())
            }
            Data::Union(_) => {
                return Err(Error::new_spanned(
                    &input.ident,
                    "a union does not tell which of its fields it holds",
                ));
            }
        };
        let mut wrong: Option<Error> = None;
        for fields in shape.all_fields() {
            for (index, field) in fields.iter().enumerate() {
                let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
                if let Err(error) = check_field(&name, &field.ty, &input.ident) {
                    match &mut wrong {
                        Some(all) => all.combine(error),
                        None => wrong = Some(error),
                    }
                }
            }
        }
        wrong.map_or(Ok(shape), Err)
    }

    /// Returns the fields of the struct, or of each variant.
    pub(crate) fn all_fields(&self) -> Vec<&'input Fields> {
        match self {
            Shape::Struct(fields) => vec![*fields],
            Shape::Enum(variants) => variants.iter().map(|(_, fields)| *fields).collect(),
        }
    }
}

/// Refuses what can be seen to be no field by its name; the rest is refused by the trait `Field`.
fn check_field(name: &str, field: &Type, own: &Ident) -> Result<()> {
    let mut check = Check { name, own, wrong: None };
    check.visit_type(field);
    check.wrong.map_or(Ok(()), Err)
}

struct Check<'a> {
    name: &'a str,
    own: &'a Ident,
    wrong: Option<Error>,
}

impl Check<'_> {
    fn refuse(&mut self, tokens: impl ToTokens, why: &str) {
        let error = Error::new_spanned(tokens, format!("field `{}`: {why}", self.name));
        match &mut self.wrong {
            Some(all) => all.combine(error),
            None => self.wrong = Some(error),
        }
    }
}

impl<'ast> Visit<'ast> for Check<'_> {
    fn visit_type(&mut self, field: &'ast Type) {
        match field {
            Type::Reference(_) => self.refuse(field, "a payload owns all that it has: it borrows nothing"),
            Type::Ptr(_) => self.refuse(field, "a pointer means nothing outside of this process"),
            Type::FnPtr(_) => self.refuse(field, "a function can not be written"),
            Type::TraitObject(_) | Type::ImplTrait(_) => {
                self.refuse(field, "a trait does not tell what is to be written");
            }
            _ => visit::visit_type(self, field),
        }
    }

    fn visit_type_path(&mut self, path: &'ast TypePath) {
        if let Some(last) = path.path.segments.last() {
            let name = last.ident.to_string();
            match name.as_str() {
                "HashMap" => {
                    self.refuse(path, "a `HashMap` has another order in every run: take a `BTreeMap`");
                }
                "HashSet" => {
                    self.refuse(path, "a `HashSet` has another order in every run: take a `BTreeSet`");
                }
                "usize" => self.refuse(path, "`usize` differs between machines: take a `u64`"),
                "isize" => self.refuse(path, "`isize` differs between machines: take an `i64`"),
                "Rc" | "Arc" => self.refuse(path, "what is shared would be written twice: take a `Box`"),
                "Self" => self.refuse(path, "a schema can not contain itself: refer by an `ObjectRef`"),
                _ if last.ident == *self.own => {
                    self.refuse(path, "a schema can not contain itself: refer by an `ObjectRef`");
                }
                _ => {}
            }
        }
        visit::visit_type_path(self, path);
    }
}
