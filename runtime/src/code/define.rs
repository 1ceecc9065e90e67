//! Definitions at run time: shared variables, functions and classes with global names, keeping.

use super::operate::{object, wrong_kind};
use crate::error::RuntimeError;
use crate::known;
use crate::object::{ObjectRef, Payload};
use crate::runtime::Mutator;
use crate::value::{ClosureRef, SetRef, TupleRef, Value};

/// Returns the value of a variable that closures share: its one component.
#[inline]
pub(super) fn load_variable(variable: Value) -> Value {
    variable.as_object().and_then(|variable| variable.component(0)).unwrap_or(Value::NIL)
}

/// Stores the value of a variable that closures share.
#[inline]
pub(super) fn store_variable(m: &Mutator<'_>, variable: Value, value: Value) {
    if let Some(variable) = variable.as_object() {
        variable.store_only_component(m, value);
    }
}

/// Keeps an object under a name, in the session's space.
pub(super) fn keep(m: &Mutator<'_>, value: Value, name: Value) -> Result<(), RuntimeError> {
    let object = object(m, "what is kept", value)?;
    let name = name.as_string().map(|name| name.as_str().to_string()).unwrap_or_default();
    m.keep(object, &name, m.session_space())
}

/// Makes sure that what a session goes on in is a space.
pub(super) fn in_space(m: &Mutator<'_>, space: Value) -> Result<(), RuntimeError> {
    let object = object(m, "the space", space)?;
    if object.with_payload(m, |payload| matches!(payload, Some(Payload::Space))) {
        return Ok(());
    }
    Err(wrong_kind(m, "what stands behind `in`", "a space", space))
}

/// Gives a function a global name; where the name has a function already, that one gets the text and the code.
pub(super) fn define_function(m: &Mutator<'_>, function: Value, name: Value) -> Result<Value, RuntimeError> {
    let function = object(m, "a definition", function)?;
    let name = name.as_string().map(|name| name.as_str().to_string()).unwrap_or_default();
    m.define_function(function, &name, m.session_space()).map(Value::from)
}

/// Makes a class, or adds to the one with the name.
pub(super) fn define_class(
    m: &Mutator<'_>,
    description: Value,
    superclass: Value,
) -> Result<Value, RuntimeError> {
    let parts = description.as_tuple().map_or(&[][..], TupleRef::items);
    let (&[name, attributes, methods], superclass) = (
        <&[Value; 3]>::try_from(parts).map_err(|_| wrong_kind(m, "a class", "described", description))?,
        if superclass.is_nil() { None } else { Some(object(m, "the superclass", superclass)?) },
    );
    let name = name.as_string().map(|name| name.as_str().to_string()).unwrap_or_default();
    let items = |value: Value| value.as_tuple().map_or(&[][..], TupleRef::items);
    let class = m.define_class(&name, superclass, m.session_space())?;
    m.declare_attributes(class, items(attributes))?;
    for pair in items(methods).chunks_exact(2) {
        let (selector, method) = (object(m, "the selector", pair[0])?, pair[1]);
        m.define_method(class, selector, method)?;
    }
    Ok(class.into())
}

impl Mutator<'_> {
    /// Makes a variable that closures share.
    pub fn new_variable(&self, value: Value) -> ObjectRef {
        let variable = self.new_object(self.class(known::VARIABLE));
        variable.set_components(self, &[value]);
        variable
    }

    /// Stores the value of a variable that closures share.
    pub fn set_variable(&self, variable: ObjectRef, value: Value) {
        store_variable(self, variable.into(), value);
    }

    /// Returns the value of a variable that closures share.
    pub fn variable_value(&self, variable: ObjectRef) -> Value {
        load_variable(variable.into())
    }

    /// Gives a function a global name; where the name has a function of the language already, that object gets the text
    /// and the code, so that everybody who has it calls the new one. Returns the object that has the name.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::BadName`], [`RuntimeError::DuplicateName`] when the name stands for something else.
    pub fn define_function(
        &self,
        function: ObjectRef,
        name: &str,
        space: Option<ObjectRef>,
    ) -> Result<ObjectRef, RuntimeError> {
        if let Some(symbol) = self.symbol(name)
            && let Some(old) = self.value_of_symbol(symbol).as_object()
            && old != symbol
            && old != function
            && old.is_function(self)
        {
            old.redefine_function(self, function);
            return Ok(old);
        }
        self.keep(function, name, space)?;
        Ok(function)
    }

    /// Returns the class with a name, making it where there is none.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::DuplicateName`] when the name stands for something else, and what [`Mutator::make_class`] and
    /// [`ObjectRef::set_superclass`] say.
    pub fn define_class(
        &self,
        name: &str,
        superclass: Option<ObjectRef>,
        space: Option<ObjectRef>,
    ) -> Result<ObjectRef, RuntimeError> {
        let symbol = self.symbol(name);
        if let Some(class) = symbol.and_then(|symbol| self.value_of_symbol(symbol).as_object())
            && class.is_class(self)
        {
            if let Some(superclass) = superclass
                && class.superclass(self) != Some(superclass)
            {
                class.set_superclass(self, superclass)?;
            }
            return Ok(class);
        }
        if let Some(superclass) = superclass.filter(|superclass| !superclass.is_class(self)) {
            // Of a class that would be its own superclass there is the symbol only.
            return Err(if Some(superclass) == symbol {
                RuntimeError::SuperclassCycle { class: superclass.oid(), superclass: superclass.oid() }
            } else {
                RuntimeError::NotAClass { oid: superclass.oid() }
            });
        }
        let superclass = superclass.unwrap_or_else(|| self.class(known::OBJECT));
        let class = match symbol {
            None => self.make_class(name, superclass)?,
            Some(symbol) => self.make_class_of_symbol(symbol, superclass)?,
        };
        let symbol = self.symbol(name).ok_or_else(|| RuntimeError::BadName { name: name.into() })?;
        self.strengthen_symbol(symbol);
        for kept in [class, symbol] {
            if kept.space().is_none() {
                kept.set_space(self, space);
            }
        }
        Ok(class)
    }

    /// Notes that the instances of a class have attributes.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`].
    pub fn declare_attributes(&self, class: ObjectRef, attributes: &[Value]) -> Result<(), RuntimeError> {
        if attributes.is_empty() {
            return Ok(());
        }
        for attribute in attributes.iter().filter_map(|value| value.as_object()) {
            if class.space().is_some() && attribute.space().is_none() {
                attribute.set_space(self, class.space());
            }
        }
        let mut all = self.root_vec();
        all.extend(attributes.iter().copied());
        class.with_payload(self, |payload| {
            if let Some(Payload::ClassInfo(info)) = payload {
                all.extend(info.attribute_set.iter().flat_map(|set| SetRef::items(*set)).copied());
            }
        });
        let set = SetRef::new(self, &mut all)?;
        let is_declared = class.with_payload(self, |payload| match payload {
            Some(Payload::ClassInfo(info)) => {
                info.attribute_set.is_some_and(|own| Value::from(own) == Value::from(set))
            }
            _ => false,
        });
        if is_declared {
            return Ok(());
        }
        class.update_payload(self, |payload| match payload {
            Some(Payload::ClassInfo(info)) => {
                info.attribute_set = Some(set);
                Ok(())
            }
            _ => Err(RuntimeError::NotAClass { oid: class.oid() }),
        })
    }

    /// Adds a closure to a class as a method; its function belongs to the class from then on, and to its space.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`].
    pub fn define_method(
        &self,
        class: ObjectRef,
        selector: ObjectRef,
        method: Value,
    ) -> Result<(), RuntimeError> {
        if let Some(function) = method.as_closure().map(ClosureRef::function) {
            function.set_class_of_method(self, class);
            if class.space().is_some() && selector.space().is_none() {
                selector.set_space(self, class.space());
            }
        }
        // A method that is defined again stays the same function: stores, and whoever has it, see it change.
        let old = class.with_payload(self, |payload| match payload {
            Some(Payload::ClassInfo(info)) => info.method(selector).and_then(Value::as_closure),
            _ => None,
        });
        let new = method.as_closure();
        if let (Some(old), Some(new)) = (old, new)
            && old.env().is_empty()
            && new.env().is_empty()
            && old.function().is_function(self)
            && new.function().is_function(self)
        {
            if old.function() != new.function() {
                old.function().redefine_function(self, new.function());
            }
            return Ok(());
        }
        let Some(new) = new.filter(|new| new.env().is_empty() && new.function().is_function(self)) else {
            return class.put_method(self, selector, method);
        };
        // A function of its own: the definition may be run again, after another one has changed the method.
        let function = self.new_object(self.class(known::FUNCTION));
        function.install_payload(self, Some(Payload::Function(Box::default())));
        function.redefine_function(self, new.function());
        if class.space().is_some() {
            function.set_space(self, class.space());
        }
        class.put_method(self, selector, ClosureRef::new(self, function, &[])?.into())
    }

    /// Returns the space in which the session keeps objects.
    pub fn session_space(&self) -> Option<ObjectRef> {
        self.call_stack().pinned.space.get().as_object()
    }
}
