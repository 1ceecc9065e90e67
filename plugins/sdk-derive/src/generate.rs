use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, Generics, Ident, Index, Result, parse_quote};

use crate::options::Options;
use crate::shape::Shape;

/// Returns the implementations for a type.
pub(crate) fn generate(input: &DeriveInput, options: &Options, shape: &Shape<'_>) -> Result<TokenStream> {
    let generics = bounded(&input.generics);
    let mut all = field(input, &generics, shape);
    all.extend(inherent(input, &generics, options));
    if let Some((name, class)) = options.names() {
        if !input.generics.params.is_empty() {
            let message =
                "a payload is one type: give the generic type no `name`, and a payload a field of it";
            return Err(syn::Error::new_spanned(&input.generics, message));
        }
        let ident = &input.ident;
        all.extend(quote! {
            impl ::rps_plugin::Payload for #ident {
                const TYPE_NAME: &'static ::core::ffi::CStr = #name;
                const CLASS_NAME: &'static ::core::ffi::CStr = #class;
                const SCHEMA: &'static str = <Self as ::rps_plugin::Field>::SCHEMA_TEXT;

                fn to_json(
                    &self,
                    writer: &mut ::rps_plugin::JsonWriter<'_>,
                ) -> ::core::result::Result<(), ::rps_plugin::Error> {
                    ::rps_plugin::Field::write_json(self, writer)
                }

                fn from_json(
                    json: &::rps_plugin::Json,
                    call: &::rps_plugin::Call,
                ) -> ::core::result::Result<Self, ::rps_plugin::Error> {
                    ::rps_plugin::Field::read_json(json, call)
                }

                fn trace(&self, visitor: &mut ::rps_plugin::Visitor<'_>) {
                    ::rps_plugin::Field::trace(self, visitor);
                }

                fn size(&self) -> usize {
                    ::core::mem::size_of::<Self>() + ::rps_plugin::Field::extra_size(self)
                }
            }
        });
    }
    Ok(all)
}

/// Returns the generics with each parameter a field.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::rps_plugin::Field));
    }
    generics
}

/// Returns what every derived type has by itself.
fn inherent(input: &DeriveInput, generics: &Generics, options: &Options) -> TokenStream {
    let (ident, visibility) = (&input.ident, &input.vis);
    let (generics, arguments, bounds) = generics.split_for_impl();
    let mut all = quote! {
        #[allow(dead_code, reason = "not every program asks for all of it")]
        impl #generics #ident #arguments #bounds {
            /// The XXH64 hash, with seed 0, of the schema's text.
            #visibility const SCHEMA_HASH: u64 = ::rps_plugin::xxh64(
                <Self as ::rps_plugin::Field>::SCHEMA_TEXT.as_bytes(),
            );

            /// Returns what the type consists of, as text.
            #visibility const fn schema_text() -> &'static str {
                <Self as ::rps_plugin::Field>::SCHEMA_TEXT
            }
        }
    };
    if options.rkyv {
        all.extend(quote! {
            #[allow(dead_code, reason = "not every program asks for all of it")]
            impl #generics #ident #arguments #bounds {
                /// Writes the value into a buffer, as an archive of rkyv, without allocating; returns how many bytes.
                ///
                /// # Errors
                ///
                /// When the buffer is too small, which leaves it as it is, or the value needs more scratch memory.
                #visibility fn write_to_buffer(
                    &self,
                    buffer: &mut [u8],
                ) -> ::core::result::Result<usize, ::rps_plugin::zero_copy::SerializeError> {
                    ::rps_plugin::zero_copy::write_to_buffer(self, buffer)
                }

                /// Returns the value in the bytes that were written, without copying anything.
                ///
                /// # Errors
                ///
                /// When the bytes are damaged.
                #visibility fn access(
                    bytes: &[u8],
                ) -> ::core::result::Result<
                    &::rps_plugin::rkyv::Archived<Self>,
                    ::rps_plugin::zero_copy::AccessError,
                > {
                    ::rps_plugin::zero_copy::access::<Self>(bytes)
                }
            }
        });
    }
    if options.capnp.is_some() {
        all.extend(quote! {
            #[allow(dead_code, reason = "not every program asks for all of it")]
            impl #generics #ident #arguments #bounds {
                /// Returns the type as a schema of Cap'n Proto.
                ///
                /// # Errors
                ///
                /// When it has a field that Cap'n Proto has no type for.
                #visibility fn capnp_schema() -> ::core::result::Result<
                    ::std::string::String,
                    ::rps_plugin::capnp::Unsupported,
                > {
                    ::rps_plugin::capnp::schema_of(stringify!(#ident), Self::schema_text())
                }
            }
        });
    }
    all
}

fn field(input: &DeriveInput, generics: &Generics, shape: &Shape<'_>) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = generics.split_for_impl();
    let (schema, write, read, trace, size) = match shape {
        Shape::Struct(fields) => of_struct(fields),
        Shape::Enum(variants) => of_enum(variants),
    };
    quote! {
        impl #generics ::rps_plugin::Field for #ident #arguments #bounds {
            const SCHEMA: ::rps_plugin::SchemaText = ::rps_plugin::SchemaText::new() #schema;

            fn write_json(
                &self,
                writer: &mut ::rps_plugin::JsonWriter<'_>,
            ) -> ::core::result::Result<(), ::rps_plugin::Error> {
                #write
            }

            fn read_json(
                json: &::rps_plugin::Json,
                call: &::rps_plugin::Call,
            ) -> ::core::result::Result<Self, ::rps_plugin::Error> {
                #read
            }

            fn trace(&self, visitor: &mut ::rps_plugin::Visitor<'_>) {
                #trace
            }

            fn extra_size(&self) -> usize {
                #size
            }
        }
    }
}

type Parts = (TokenStream, TokenStream, TokenStream, TokenStream, TokenStream);

fn of_struct(fields: &Fields) -> Parts {
    let names = bindings(fields);
    let pattern = pattern(&quote!(Self), fields, &names);
    let (write, read) = (write(fields, &names), read(fields, &quote!(Self), &quote!(json)));
    let schema = schema(fields);
    (
        quote!(.and("struct") #schema),
        quote!({ let #pattern = self; #write }),
        read,
        quote!({ let #pattern = self; let _ = &visitor; #(::rps_plugin::Field::trace(#names, visitor);)* }),
        quote!({ let #pattern = self; 0 #(+ ::rps_plugin::Field::extra_size(#names))* }),
    )
}

fn of_enum(variants: &[(&Ident, &Fields)]) -> Parts {
    let mut schema = quote!(.and("enum{"));
    let (mut write_arms, mut read_arms, mut trace_arms, mut size_arms) =
        (TokenStream::new(), TokenStream::new(), TokenStream::new(), TokenStream::new());
    for (index, (ident, fields)) in variants.iter().enumerate() {
        let (names, text) = (bindings(fields), plain(ident));
        let path = quote!(Self::#ident);
        let pattern = pattern(&path, fields, &names);
        let inside = self::schema(fields);
        let comma = if index > 0 { quote!(.and(",")) } else { TokenStream::new() };
        schema.extend(quote!(#comma .and(#text) #inside));
        if matches!(fields, Fields::Unit) {
            write_arms.extend(quote!(#pattern => { writer.string(#text); Ok(()) }));
            read_arms.extend(quote!((#text, ::core::option::Option::None) => Ok(#path),));
        } else {
            let write = write(fields, &names);
            let read = read(fields, &path, &quote!(inside));
            write_arms.extend(
                quote!(#pattern => writer.object(|object| object.member_with(#text, |writer| { #write })),),
            );
            read_arms.extend(quote!((#text, ::core::option::Option::Some(inside)) => { #read }));
        }
        trace_arms.extend(quote!(#pattern => { #(::rps_plugin::Field::trace(#names, visitor);)* }));
        size_arms.extend(quote!(#pattern => 0 #(+ ::rps_plugin::Field::extra_size(#names))*,));
    }
    (
        quote!(#schema .and("}")),
        quote!(match self { #write_arms }),
        quote! {
            match ::rps_plugin::__private::variant(json)? {
                #read_arms
                (other, _) => ::core::result::Result::Err(::rps_plugin::Error::corrupt(
                    ::std::format!("there is no variant {other:?}"),
                )),
            }
        },
        quote!({ let _ = &visitor; match self { #trace_arms } }),
        quote!(match self { #size_arms }),
    )
}

/// Returns one name for each field.
fn bindings(fields: &Fields) -> Vec<Ident> {
    (0..fields.len()).map(|index| format_ident!("field_{index}")).collect()
}

fn pattern(path: &TokenStream, fields: &Fields, names: &[Ident]) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let idents = named.named.iter().map(|field| &field.ident);
            quote!(#path { #(#idents: #names),* })
        }
        Fields::Unnamed(_) => quote!(#path(#(#names),*)),
        Fields::Unit => path.clone(),
    }
}

/// Returns the rest of a schema's text: `{x:f64,y:f64}`, `(f64,f64)` or nothing.
fn schema(fields: &Fields) -> TokenStream {
    let parts = fields.iter().enumerate().map(|(index, field)| {
        let name = field.ident.as_ref().map(|ident| format!("{}:", plain(ident))).unwrap_or_default();
        let before = format!("{}{name}", if index > 0 { "," } else { "" });
        let kind = &field.ty;
        quote_spanned!(kind.span()=> .and(#before).and_schema(&<#kind as ::rps_plugin::Field>::SCHEMA))
    });
    match fields {
        Fields::Named(_) => quote!(.and("{") #(#parts)* .and("}")),
        Fields::Unnamed(_) => quote!(.and("(") #(#parts)* .and(")")),
        Fields::Unit => TokenStream::new(),
    }
}

fn write(fields: &Fields, names: &[Ident]) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let keys = named.named.iter().filter_map(|field| field.ident.as_ref()).map(plain);
            quote!(writer.object(|object| { let _ = &object; #(object.member(#keys, #names)?;)* Ok(()) }))
        }
        Fields::Unnamed(_) => {
            quote!(writer.array(|array| { let _ = &array; #(array.item(#names)?;)* Ok(()) }))
        }
        Fields::Unit => quote!({
            writer.json(&::rps_plugin::Json::Null);
            Ok(())
        }),
    }
}

fn read(fields: &Fields, path: &TokenStream, json: &TokenStream) -> TokenStream {
    match fields {
        Fields::Named(named) => {
            let idents: Vec<_> = named.named.iter().filter_map(|field| field.ident.as_ref()).collect();
            let keys: Vec<_> = idents.iter().map(|ident| plain(ident)).collect();
            quote!({
                ::rps_plugin::__private::members(#json, &[#(#keys),*])?;
                let _ = call;
                Ok(#path { #(#idents: ::rps_plugin::__private::member(#json, #keys, call)?),* })
            })
        }
        Fields::Unnamed(unnamed) => {
            let count = unnamed.unnamed.len();
            let indices = (0..count).map(Index::from);
            quote!({
                let _ = call;
                let items = ::rps_plugin::__private::items(#json, #count)?;
                let _ = items;
                Ok(#path(#(::rps_plugin::__private::item(items, #indices, call)?),*))
            })
        }
        Fields::Unit => quote!({ let _ = (#json, call); Ok(#path) }),
    }
}

/// Returns a name as it is written without `r#`.
fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
