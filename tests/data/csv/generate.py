#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of this folder: NAME.csv and beside it NAME.json with what reading it must give.

What is expected is written here by hand or follows from what the row was made of, never from what the program
answers. `generate.py` rewrites all files; `generate.py --check` only says whether they are as it would write them.
"""
import gzip
import io
import json
import pathlib
import sys
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent
COLUMNS = ["client_name", "email", "phone", "meeting_date", "sales_rep", "closed", "transcript"]
ES = ["Nombre", "Correo Electrónico", "Número de Teléfono", "Fecha de la Reunión", "Vendedor asignado", "closed", "Transcripción"]
ES_ASCII = ["Nombre", "Correo Electronico", "Numero de Telefono", "Fecha de la Reunion", "Vendedor asignado", "closed", "Transcripcion"]
EN = ["client_name", "email", "phone", "meeting_date", "sales_rep", "closed", "transcript"]

files = {}


def row(name="Ana Pérez", email="ana@example.com", phone="+56 9 1234 5678", date="2024-03-15", seller="Tiburón", closed=True,
        text="Recibimos 80 mensajes al día.", **more):
    """What a row means. `raw` replaces cells as they are written, `problems` or `blank` what is expected of it."""
    return {"client_name": name, "email": email, "phone": phone, "meeting_date": date, "sales_rep": seller, "closed": closed,
            "transcript": text, **more}


ANA = row()
BRUNO = row("Bruno Díaz", "bruno@example.com", "+56 9 2345 6789", "2024-04-22", "Puma", False, "Vendemos muebles, y el correo no alcanza.")
CARLA = row("Carla Núñez", "carla@example.com", "(2) 345 67 89", "2024-12-31", "Puma", True, "Una clínica con «3» sedes.")
PLAIN = row("Ana Perez", seller="Toro", text="Recibimos 80 mensajes al dia.")
PLAIN2 = row("Bruno Diaz", "bruno@example.com", "56 2345", "2024-04-22", "Puma", False, "Vendemos muebles y el correo no alcanza.")


def iso(d):
    return d


def dmy(d, between="/", short=False, pad=True):
    y, m, day = d.split("-")
    if not pad:
        m, day = str(int(m)), str(int(day))
    return between.join([day, m, y[2:] if short else y])


def mdy(d, between="/", short=False, pad=True):
    y, m, day = d.split("-")
    if not pad:
        m, day = str(int(m)), str(int(day))
    return between.join([m, day, y[2:] if short else y])


def cell(text, delimiter, quote):
    special = any(c in text for c in (delimiter, '"', "\n", "\r"))
    if quote == "all" or (quote == "needed" and special):
        return '"' + text.replace('"', '""') + '"'
    return text


def physical_lines(text):
    return len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1


def put(name, why, data, expect, choice=None):
    assert name not in files, name
    assert len(data) <= 50_000, name
    files[name] = (data, {"why": why, **({"choice": choice} if choice else {}), **expect})


def table(name, why, rows, headers=ES, order=COLUMNS, delimiter=",", eol="\n", encoding="utf-8", bom=b"", quote="needed",
          date=iso, date_order="ymd", certain=True, before="", last_eol=True, closed=("1", "0"), choice=None, said=None,
          line_ending=None, columns=None, error=None, mutate=None, widths=None, header_line=None, warnings=()):
    """A file of these rows. `order` names the column of each header, None for one that is not ours."""
    out = before
    line = 1 + physical_lines(before)
    first = header_line or line
    head = delimiter.join(cell(h, delimiter, quote) for h in headers)
    out += head + eol
    line += 1 + physical_lines(head)
    got = []
    for n, r in enumerate(rows):
        if "blank" in r:
            text = r["blank"]
            if text:
                got.append({"line": line, "blank": True})
        else:
            values = {c: r[c] for c in COLUMNS}
            values["meeting_date"] = date(r["meeting_date"])
            values["closed"] = closed[0] if r["closed"] else closed[1]
            values.update(r.get("raw", {}))
            cells = [values[c] if c in values else "" if c is None else c for c in order]
            cells = cells[: r["width"]] if "width" in r else cells + r.get("extra", [])
            text = delimiter.join(cell(v, delimiter, quote) for v in cells)
            if "problems" in r:
                got.append({"line": line, "problems": r["problems"]})
            else:
                got.append({"line": line, **{c: r[c] for c in COLUMNS}})
        out += text + (eol if last_eol or n + 1 < len(rows) else "")
        line += 1 + physical_lines(text)
    data = bom + out.encode(encoding)
    if mutate:
        data = mutate(data)
    if columns is None:
        columns = {c: headers[order.index(c)] if c in order else None for c in COLUMNS}
    names = {"utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "cp1252": "windows-1252"}
    ends = {"\n": "lf", "\r\n": "crlf", "\r": "cr"}
    fmt = {"encoding": said or names.get(encoding, encoding), "bom": bool(bom), "delimiter": delimiter,
           "line_ending": line_ending or ends[eol], "quoted": '"' in out,
           "date_order": date_order, "date_order_certain": certain, "header_line": first, "headers": [h for h in headers],
           "columns": columns, "warnings": list(warnings)}
    put(name, why, data, {"format": fmt, "rows": got, **({"error": error[0], "params": error[1]} if error else {})}, choice)


def fails(name, why, data, code, params=None, choice=None):
    put(name, why, data, {"error": code, **({"params": params} if params is not None else {})}, choice)


three = [ANA, BRUNO, CARLA]
BOM8, LE, BE = b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"

# ---- what programs write ----
table("excel_es_semicolon_1252_crlf", "Excel in Spain: CSV (delimited by ;)", three, delimiter=";", eol="\r\n", encoding="cp1252",
      date=dmy, date_order="dmy", closed=("VERDADERO", "FALSO"))
table("excel_us_comma_1252_crlf", "Excel in the United States, with smart quotes and a euro", [
    row("Zoë O’Hara", seller="Anne", text="They said “we pay €300”, every month."), BRUNO], headers=EN, eol="\r\n", encoding="cp1252",
      date=lambda d: mdy(d, pad=False), date_order="mdy", closed=("TRUE", "FALSE"))
table("excel_csv_utf8", "Excel: CSV UTF-8", three, delimiter=";", eol="\r\n", bom=BOM8, date=dmy, date_order="dmy")
table("excel_unicode_text", "Excel: Unicode text, which is UTF-16 with tabs", three, delimiter="\t", eol="\r\n", encoding="utf-16-le", bom=LE,
      date=dmy, date_order="dmy")
table("excel_sep_line", "Excel's own first line", three, delimiter=";", eol="\r\n", before="sep=;\r\n")
table("excel_sep_line_odd", "the line decides, although commas would fit as well",
      [row(text="uno, dos, tres, cuatro, cinco"), row(text="uno, dos, tres, cuatro, seis")], delimiter="|", before="sep=|\n")
table("excel_sep_line_tab_utf16", "the same in UTF-16", three, delimiter="\t", eol="\r\n", encoding="utf-16-le", bom=LE, before="sep=\t\r\n")
table("excel_trailing_delimiters", "a sheet wider than its table", [dict(ANA, extra=["", ""]), dict(BRUNO, extra=["", ""])],
      headers=ES + ["", ""], order=COLUMNS + [None, None], delimiter=";", eol="\r\n", encoding="cp1252")
table("google_sheets", "Google Sheets: UTF-8, CRLF, quotes only where needed, no last newline",
      [ANA, BRUNO, row(text="Primera línea\nsegunda línea")], eol="\r\n", last_eol=False)
table("libreoffice_quote_all", "LibreOffice with all text cells quoted", three, quote="all")
table("libreoffice_tab", "LibreOffice with tabs", three, delimiter="\t")
table("numbers_mac", "Numbers: UTF-8, semicolons in Spain, CRLF", three, delimiter=";", eol="\r\n", date=lambda d: dmy(d, short=True, pad=False),
      date_order="dmy")
table("old_mac_cr", "Excel for Mac of old: CR alone", three, delimiter=";", eol="\r", encoding="cp1252", date=dmy, date_order="dmy")
table("google_forms_timestamps", "dates with a time behind them", [ANA, BRUNO], date=lambda d: dmy(d) + " 10:30:05", date_order="dmy")
table("js_locale_dates", "what toLocaleString() writes", [ANA, BRUNO], date=lambda d: dmy(d, pad=False) + ", 9:05:00 p. m.", date_order="dmy")
table("iso_instants", "ISO 8601 instants of an API", [ANA, BRUNO], date=lambda d: d + "T10:30:00.000Z")
table("sql_timestamps", "a database's export", [ANA, BRUNO], delimiter="|", date=lambda d: d + " 00:00:00+00", closed=("t", "f"))

# ---- what CRMs write (the people are invented) ----
table("hubspot_en", "HubSpot's export of deals", [row(date="2024-03-15"), row("Bruno Díaz", "bruno@example.com", "+56 2", "2024-04-22", "Puma", False)],
      headers=["Record ID", "Deal Name", "Deal Stage", "Close Date", "Deal owner", "Amount", "Associated Contact", "Email", "Phone Number",
               "Internal meeting notes"],
      order=["1771", "Renovación", "closed", "meeting_date", "sales_rep", "1200.50", "client_name", "email", "phone", "transcript"],
      date=lambda d: d + " 10:30", closed=("Closed Won", "Closed Lost"), quote="all")
table("hubspot_es", "HubSpot in Spanish", [ANA, BRUNO],
      headers=["ID de registro", "Etapa del negocio", "Fecha de cierre", "Propietario del negocio", "Contacto asociado", "Correo",
               "Número de teléfono", "Notas de la reunión"],
      order=["88", "closed", "meeting_date", "sales_rep", "client_name", "email", "phone", "transcript"],
      date=lambda d: d + " 10:30", closed=("Cierre ganado", "Cierre perdido"))
table("salesforce_en", "a Salesforce report: Closed is true of lost ones too, Won is what counts", [ANA, BRUNO],
      headers=["Opportunity Owner", "Account Name", "Opportunity Name", "Close Date", "Closed", "Won", "Contact Name", "Email", "Phone", "Description"],
      order=["sales_rep", "ACME", "Renewal", "meeting_date", "1", "closed", "client_name", "email", "phone", "transcript"],
      date=lambda d: mdy(d, pad=False), date_order="mdy", quote="all", closed=("1", "0"))
table("salesforce_es_1252", "the same in Spanish", [ANA, BRUNO],
      headers=["Propietario de oportunidad", "Nombre de la cuenta", "Fecha de cierre", "Ganado", "Nombre del contacto", "Correo electrónico",
               "Teléfono", "Descripción"],
      order=["sales_rep", "ACME", "meeting_date", "closed", "client_name", "email", "phone", "transcript"],
      encoding="cp1252", date=dmy, date_order="dmy", quote="all", eol="\r\n")
table("pipedrive_en", "Pipedrive's export of deals with activities", [ANA, BRUNO],
      headers=["Deal - ID", "Deal - Owner", "Deal - Status", "Person - Name", "Person - Email - Work", "Person - Phone - Work",
               "Activity - Due date", "Activity - Note"],
      order=["7", "sales_rep", "closed", "client_name", "email", "phone", "meeting_date", "transcript"], closed=("Won", "Lost"))
table("pipedrive_es", "Pipedrive in Spanish", [ANA, BRUNO],
      headers=["Trato - ID", "Trato - Propietario", "Trato - Estado", "Persona - Nombre", "Persona - Correo electrónico - Trabajo",
               "Persona - Teléfono - Trabajo", "Actividad - Fecha de vencimiento", "Actividad - Nota"],
      order=["7", "sales_rep", "closed", "client_name", "email", "phone", "meeting_date", "transcript"], closed=("Ganado", "Abierto"))
table("api_camel_case", "the names of an older API", [ANA], headers=["clientName", "email", "phone", "meetingDate", "salesRep", "closed", "transcript"],
      closed=("true", "false"))

# ---- encodings ----
table("utf8_plain", "the file that the product documents", three)
table("ascii_only", "nothing beyond ASCII is UTF-8", [PLAIN, PLAIN2], headers=ES_ASCII)
table("utf8_bom", "a mark is no part of the first header", three, bom=BOM8)
table("utf16le_no_bom", "UTF-16 by the pattern of its zeros", three, encoding="utf-16-le")
table("utf16be_bom", "the other order", three, encoding="utf-16-be", bom=BE)
table("utf16be_no_bom", "and that without a mark", three, encoding="utf-16-be", delimiter=";")
table("utf16_emoji", "characters of two units", [row("Ana 😀", text="Nos escriben mucho 😀🎉 cada día")], encoding="utf-16-le", bom=LE)
table("latin1_chosen", "ISO 8859-1 when the sender says so", three[:2], encoding="iso-8859-1", choice={"encoding": "latin1"})
table("windows_1252_found", "Latin-1 text is found as Windows-1252, which holds it", three[:2], encoding="cp1252")
table("windows_1252_undefined", "a byte that the encoding does not define is its row's error",
      [ANA, row(raw={"transcript": "un byte @@ que no existe"}, problems=[["transcript", "encoding_invalid"]]), ANA], encoding="cp1252",
      mutate=lambda b: b.replace(b"@@", b"\x81"))
table("utf8_one_broken_row", "more good characters than broken ones: UTF-8, and one row's error",
      [ANA, row(raw={"client_name": "Jos@@ Mu@@oz"}, problems=[["client_name", "encoding_invalid"]]), CARLA],
      mutate=lambda b: b.replace(b"@@", b"\xe9"))
table("utf8_cut_sequence_at_the_end", "the last byte of the file is half a character",
      [ANA, row(raw={"transcript": "termina en la mitad @@"}, problems=[["transcript", "encoding_invalid"]])], last_eol=False,
      mutate=lambda b: b.replace(b"@@", b"\xc3"))
table("windows_1252_last_byte", "the only character beyond ASCII is the last byte", [
    PLAIN, row("Bruno Diaz", seller="Toro", text="Termina en é")], headers=ES_ASCII, encoding="cp1252", last_eol=False)
table("replacement_character", "U+FFFD that the sender wrote is text", [row("Mar\ufffda López")])
table("utf8_chosen_against_the_evidence", "the sender's word goes", [
    row(raw={"client_name": "Jos@@"}, problems=[["client_name", "encoding_invalid"]])], headers=ES_ASCII, choice={"encoding": "utf-8"},
      mutate=lambda b: b.replace("á".encode(), b"a").replace("é".encode(), b"e").replace("í".encode(), b"i").replace("ó".encode(), b"o").replace(b"@@", b"\xe9"))
table("emoji", "characters of four bytes, and of several code points", [row("Zoë 👩‍👩‍👧", seller="🦈", text="Nos va 👍🏽 muy bien, gracias 🎉")])
table("other_scripts", "Greek, Cyrillic, Chinese, Arabic", [row("Ελένη", seller="Иван", text="我们每天收到很多消息，谢谢"), row("ليلى", text="نتلقى الكثير من الرسائل")])

def taken_for_1252(encoding):
    """What a program that writes another encoding makes of these rows, seen as Windows-1252."""
    rows = [row("Begoña Gutiérrez", seller="Colibrí rojo", text="¿Cuántos correos reciben? Más de ochenta cada día, casi todos después de la reunión."),
            row("Iván Muñoz", "ivan@example.com", "56 2", "2024-04-22", "Puma", False, "Nos escribió una compañía; la próxima reunión será pronto.")]
    return [{k: v.encode(encoding).decode("cp1252") if isinstance(v, str) else v for k, v in r.items()} for r in rows]


for name, encoding in ("cp850", "cp850"), ("cp437", "cp437"), ("macroman", "mac_roman"):
    table("looks_wrong_" + name, "an encoding that is not guessed, but said to look wrong", taken_for_1252(encoding), headers=ES_ASCII,
          encoding="cp1252", warnings=["text_looks_wrong"])
GB = [{k: v.encode("gb18030").decode("cp1252") if isinstance(v, str) else v for k, v in row("李雷", seller="韩梅", text="我们每天收到很多消息，谢谢").items()}]
table("looks_wrong_gb18030", "names in Chinese", GB, headers=ES_ASCII, encoding="cp1252", warnings=["text_looks_wrong"])
table("looks_right_anyway", "a few characters of other languages, and signs of commerce, are no proof", [
    row("Zoë Škoda", seller="François Ibáñez", text="Você não paga £300 nem ¢50 · são condições à vista, das opções que já conhece; l’été, «así» — ¡está bien!"),
    row("Jürgen Groß", seller="Øyvind", text="O preço é de 30 €, e a reunião é amanhã às dez, João.")], encoding="cp1252")
fails("utf32", "an encoding that no spreadsheet writes", LE + b"\0\0" + "a,b\n".encode("utf-32-le"), "encoding_unknown")
fails("encoding_not_known", "a name that means nothing here", b"a,b\n1,2\n", "encoding_unknown", choice={"encoding": "ebcdic"})

# ---- delimiters ----
table("semicolon_with_commas", "commas inside the cells", [row(text="uno, dos, tres, cuatro"), BRUNO], delimiter=";")
table("comma_with_semicolons", "semicolons inside the cells", [row(text="uno; dos; tres; cuatro; cinco; seis; siete; ocho")])
table("pipe", "pipes", three, delimiter="|")
table("tab_quoted_cells", "tabs, with a tab inside a cell", [row(text="antes\tdespués de algo")], delimiter="\t")
table("delimiter_chosen", "what the sender says", three, delimiter=";", choice={"delimiter": "semicolon"})
table("delimiter_by_mapping", "headers that are only known through a mapping", [ANA, BRUNO], delimiter="|",
      headers=["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete"],
      choice={"mapping": dict(zip(COLUMNS, ["uno", "dos", "TRES", "cuatro", "cinco", "seis", "siete"]))})
fails("delimiter_not_one", "a delimiter that none is", b"a,b\n1,2\n", "delimiter_invalid", choice={"delimiter": ":"})
fails("delimiter_chosen_wrong", "then the header is one long name", "Nombre;Email\nAna;x\n".encode(), "columns_missing",
      {"columns": COLUMNS, "headers": ["Nombre;Email"]}, choice={"delimiter": ","})

# ---- quotes and line ends ----
table("quotes_everywhere", "doubled quotes, delimiters and line ends in cells", [
    row('Ana "la jefa" Pérez', text='Dijo: "sí, claro"\r\ny luego "no".\n\nFin'), BRUNO], quote="all")
table("crlf_in_cells_lf_outside", "line ends of cells are not the file's", [row(text="uno\r\ndos\r\ntres cuatro"), ANA], quote="all")
table("lf_in_cells_crlf_outside", "as Excel writes a cell of several lines", [row(text="uno\ndos\ntres cuatro"), ANA], eol="\r\n")
table("no_last_newline", "the last row counts", three, last_eol=False)
table("blank_lines", "blank lines are nothing, and are counted as lines", [ANA, {"blank": ""}, {"blank": ""}, BRUNO, {"blank": ""}])
table("blank_rows", "rows of blanks are skipped rows", [ANA, {"blank": ",,,,,,"}, BRUNO, {"blank": '" ",\t,,'}, {"blank": "  "}])
table("blank_lines_before_the_header", "the header is the first line that says something", [ANA, BRUNO], before="\n\n,,,\n\n")
table("header_only", "no rows is no error, and no date tells their order", [], date_order="dmy", certain=False)
table("many_line_ends_inside", "lines are counted inside quotes", [row(text="a\nb\rc\r\nd\n\n\nfinal del texto"), ANA], quote="all")

ANA_LINE = "Ana Pérez,ana@example.com,+56 9 1234 5678,2024-03-15,Tiburón,1,"
HEAD = ",".join(ES) + "\n"


def raw(name, why, text, rows, choice=None, quoted=False, line_ending="lf", error=None, encode="utf-8", fmt=None):
    f = {"encoding": "utf-8", "bom": False, "delimiter": ",", "line_ending": line_ending, "quoted": quoted, "date_order": "ymd",
         "date_order_certain": True, "header_line": 1, "headers": ES, "columns": dict(zip(COLUMNS, ES)), "warnings": [], **(fmt or {})}
    put(name, why, text if isinstance(text, bytes) else text.encode(encode),
        {"format": f, "rows": rows, **({"error": error[0], "params": error[1]} if error else {})}, choice)


def at(line, r):
    return {"line": line, **{c: r[c] for c in COLUMNS}}


raw("quote_inside_a_plain_cell", "a quote that does not begin a cell is a character", HEAD + ANA_LINE + 'una pantalla de 5" y un "apodo"\n',
    [at(2, row(text='una pantalla de 5" y un "apodo"'))])
raw("text_behind_a_closing_quote", "it belongs to the cell, as Python reads it", HEAD + ANA_LINE + '"dijo hola" y se fue "ya"\n',
    [at(2, row(text='dijo hola y se fue "ya"'))], quoted=True)
raw("blank_before_a_quote", "then the quote is a character, and a comma ends the cell",
    HEAD + 'Ana Pérez, ana@example.com ,+56 9 1234 5678, 2024-03-15,Tiburón, 1 , "diez letras"\n', [at(2, row(text='"diez letras"'))])
raw("mixed_line_ends", "LF, CRLF and CR in one file", HEAD + ANA_LINE + "fila de LF uno\n" + ANA_LINE + "fila de CRLF\r\n" + ANA_LINE + "fila de CR sola\r"
    + ANA_LINE + "fila última\n", [at(2 + i, row(text=t)) for i, t in enumerate(["fila de LF uno", "fila de CRLF", "fila de CR sola", "fila última"])],
    line_ending="mixed")
raw("quote_never_closed", "the rows before it are read, and the line where it began is told", HEAD + ANA_LINE + "todo bien aquí\n" + ANA_LINE
    + '"se abre y no se cierra\n' + (ANA_LINE + "otra fila más\n") * 3, [at(2, row(text="todo bien aquí"))], quoted=True,
    error=("csv_quote", {"line": 3}))
fails("quote_never_closed_in_the_header", "then nothing is known at all", ('Nombre,"Email\n' + ANA_LINE + "x\n").encode(), "csv_quote", {"line": 1})
raw("ctrl_z_at_the_end", "the end mark of DOS is a row that says nothing useful", HEAD + ANA_LINE + "diez letras o más\n\x1a",
    [at(2, row(text="diez letras o más")), {"line": 3, "problems": [[c, "required"] for c in COLUMNS[1:]]}])

# ---- columns ----
mixed = ["transcript", "closed", "sales_rep", None, "meeting_date", "phone", "email", "client_name"]
table("other_order", "columns in any order, and one that is not ours", [ANA, BRUNO], headers=["Transcripción", "Cerrado", "Vendedora", "Región", "Fecha", "Celular", "E-mail", "Cliente"],
      order=mixed)
table("headers_in_disguise", "case, accents, underscores, NBSP, quotes, a mark in the middle", [ANA],
      headers=["NOMBRE_DEL_CLIENTE", "\ufeffcorreo\u00a0ELECTRONICO", "Teléfono:", "  fecha de la  reunión ", "Vendedor*", "'Cerrado'", '"Transcripción"'], quote="needed")
table("titles_above_the_header", "a report's title, its period, then the header", three, before="Reporte de reuniones,,,,,,\n\nDesde,2024-01-01,Hasta,2024-12-31,,,\n")
table("title_with_another_delimiter", "a title has commas where the table has semicolons", three, delimiter=";", eol="\r\n", encoding="cp1252",
      before="Ventas, reuniones, cierres, zona norte, Chile, 2024, todo, Cliente\r\n")
table("title_in_quotes", "lines inside the title count as lines", three, before='"Reporte\nde reuniones\n2024"\n')
table("title_that_names_a_column", "the line that names most columns is the header", three, before="Cliente,Fecha,,,,,\n")
table("title_twenty_lines_above", "as far as it is looked", [ANA], before="Reporte\n" + "\n" * 19)
fails("title_too_far_above", "and no further", ("Reporte\n" + "\n" * 20 + HEAD + ANA_LINE + "x\n").encode(), "columns_missing",
      {"columns": COLUMNS, "headers": ["Reporte"]})
raw("title_and_a_quote_never_closed", "the header is found all the same", "Reporte\n" + HEAD + ANA_LINE + '"abierta\n', [], quoted=True,
    error=("csv_quote", {"line": 3}), fmt={"header_line": 2, "date_order": "dmy", "date_order_certain": False})
fails("rows_are_no_header", "a row may say what is a column's name", "Alguien,Algo\nAna,Won\nContacto,x\n".encode(), "columns_missing",
      {"columns": COLUMNS, "headers": ["Alguien", "Algo"]})
table("duplicate_headers", "of two headers that are the same the first counts", [dict(ANA, extra=["otra@example.com", "Otro"])],
      headers=ES + ["Correo Electrónico", "nombre"], columns=dict(zip(COLUMNS, ES)))
table("extra_cells", "cells beyond the header are a text without its quotes, unless they are blank",
      [dict(ANA, extra=[" and this", " and that"], problems=[["row", "too_many_cells"]]), BRUNO, dict(ANA, extra=["", " ", ""])])
table("missing_last_cells", "a short row lacks its last columns",
      [dict(ANA, width=5, problems=[["closed", "required"], ["transcript", "required"]]), BRUNO,
       dict(ANA, width=1, problems=[[c, "required"] for c in COLUMNS[1:]])])
table("mapping_said", "what the sender says goes before what is known", [ANA],
      headers=["Email", "Quién", "Correo real", "Tel", "Fecha", "Quien vende", "Cerrado", "Notas"],
      order=["nadie@example.com", "client_name", "email", "phone", "meeting_date", "sales_rep", "closed", "transcript"],
      choice={"mapping": {"client_name": "Quién", "email": "correo real", "sales_rep": "QUIEN VENDE"}})
fails("mapping_of_nothing", "a header that the file does not have", (HEAD + ANA_LINE + "x\n").encode(), "columns_missing",
      {"columns": ["phone"], "headers": ES}, choice={"mapping": {"phone": "Fax"}})
fails("columns_missing", "which ones, and what there is", "Nombre,Email,Ciudad\nAna,a@b.co,Lima\n".encode(), "columns_missing",
      {"columns": ["phone", "meeting_date", "sales_rep", "closed", "transcript"], "headers": ["Nombre", "Email", "Ciudad"]})
fails("one_column", "a list is no table", "Nombre\nAna\nBruno\n".encode(), "columns_missing",
      {"columns": COLUMNS[1:], "headers": ["Nombre"]})
fails("no_header", "a file that begins with its rows", (ANA_LINE + "diez letras\n").encode(), "columns_missing",
      {"columns": COLUMNS, "headers": ["Ana Pérez", "ana@example.com", "+56 9 1234 5678", "2024-03-15", "Tiburón", "1", "diez letras"]})

# ---- dates ----
table("dates_dmy_by_one_row", "one day above 12 decides for all", [row(date="2024-03-04"), row(date="2024-03-05"), row(date="2024-03-25")], date=dmy, date_order="dmy")
table("dates_mdy_by_one_row", "and here a month cannot be 25", [row(date="2024-03-04"), row(date="2024-03-05"), row(date="2024-03-25")], date=mdy, date_order="mdy")
table("dates_ambiguous_dmy", "nothing decides: the language of the tenant does, and it is said", [row(date="2024-03-04"), row(date="2024-05-06")], date=dmy,
      date_order="dmy", certain=False, choice={"ambiguous": "dmy"})
table("dates_ambiguous_mdy", "the same file for a tenant of another language", [row(date="2024-04-03"), row(date="2024-06-05")], date=mdy,
      date_order="mdy", certain=False, choice={"ambiguous": "mdy"})
table("dates_ambiguous_chosen", "the sender knows", [row(date="2024-04-03"), row(date="2024-06-05")], date=mdy, date_order="mdy",
      choice={"ambiguous": "dmy", "date_order": "mdy"})
table("dates_against_each_other", "the majority decides, the others are their rows' errors", [
    row(date="2024-03-25"), row(date="2024-03-26"), row(date="2024-03-04"),
    row(raw={"meeting_date": "03/27/2024"}, problems=[["meeting_date", "date_invalid"]])], date=dmy, date_order="dmy", certain=False)
table("dates_with_iso_among_them", "a year in front is never in doubt", [row(date="2024-03-25"), row(date="2024-03-04", raw={"meeting_date": "2024-03-04"}),
                                                                        row(date="2024-03-05", raw={"meeting_date": "2024/3/5"})], date=dmy, date_order="dmy")
table("dates_dots_two_digits", "15.3.24", [row(date="2024-03-15"), row(date="1999-03-25")], date=lambda d: dmy(d, ".", short=True, pad=False), date_order="dmy")
table("dates_dashes", "25-3-2024", [row(date="2024-03-25")], date=lambda d: dmy(d, "-", pad=False), date_order="dmy")
short_iso = [row(date="2002-01-24", raw={"meeting_date": "24-01-02"}), row(date="2024-04-03", raw={"meeting_date": "03-04-24"})]
table("dates_short_year_or_day", "24-01-02 may be 2 January 2024, which is said", short_iso, date_order="dmy", certain=False)
table("dates_short_year_decided", "another date is of no other order", short_iso + [row(date="2024-04-25", raw={"meeting_date": "25/04/2024"})],
      date_order="dmy")
table("dates_short_year_chosen", "the sender knows that the year is first", [row(date="2024-01-02", raw={"meeting_date": "24-01-02"})],
      choice={"date_order": "ymd"})
table("dates_slashed_iso", "2024/03/15", [ANA, BRUNO], date=lambda d: d.replace("-", "/"))
table("dates_chosen_iso", "ymd: nothing else is read", [ANA, row(raw={"meeting_date": "15/03/2024"}, problems=[["meeting_date", "date_invalid"]])],
      choice={"date_order": "ymd"})
table("dates_that_do_not_exist", "no month has 31 days in April", [
    row(raw={"meeting_date": t}, problems=[["meeting_date", "date_invalid"]]) for t in ["2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "mañana", "45366"]] + [ANA])
fails("date_order_not_known", "an order that none is", b"a,b\n", "date_order_invalid", choice={"date_order": "ydm"})

# ---- rows that fail ----
table("row_errors", "each column's own rule, several at once", [
    ANA,
    row(raw={"client_name": "", "email": "ana(at)example.com", "closed": "quizás"}, problems=[["client_name", "required"], ["email", "email_invalid"], ["closed", "closed_invalid"]]),
    row(raw={"transcript": "corto"}, problems=[["transcript", "too_short"]]),
    row(raw={"sales_rep": "x" * 201}, problems=[["sales_rep", "too_long"]]),
    row(raw={"phone": "1" * 41}, problems=[["phone", "too_long"]]),
    BRUNO])
table("nul_byte", "a zero is its row's error", [ANA, row(raw={"transcript": "un cero \0 en el texto"}, problems=[["transcript", "encoding_invalid"]]), BRUNO])
table("padded_cells", "blanks around values, NBSP too, are not part of them", [row(raw={
    "client_name": "  Ana Pérez\u00a0", "email": "\u00a0ana@example.com ", "closed": " 1\u202f", "meeting_date": " 2024-03-15 "})])
table("closed_in_many_words", "yes and no as people and CRMs say them", [
    row(closed=yes, raw={"closed": w}) for w, yes in [("Sí", True), ("si", True), ("YES", True), ("y", True), ("x", True), ("Won", True), ("Closed-Won", True),
                                                      ("no", False), ("N", False), ("Perdido", False), ("open", False), ("En curso", False)]])
table("formulas", "what a spreadsheet would run is only text here", [row(name="=1+1", phone="+56 9", text='=HYPERLINK("http://example.com";"x")')], quote="all")

# ---- what is no table ----
fails("empty", "no byte at all", b"", "file_empty")
fails("only_a_mark", "a mark is no row", BOM8, "file_empty")
fails("only_blank_lines", "nor are blank lines", b"\n\r\n\n , ,\n", "file_empty")
fails("zeros", "a file of zeros", b"\0" * 4096, "file_binary")
fails("pdf", "a PDF with another name", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "file_binary")
fails("png", "a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + zlib.compress(bytes(range(256)) * 8), "file_binary")
fails("noise", "bytes without any mark", b"".join(zlib.compress(str(i).encode() * 3)[2:] for i in range(400)), "file_binary")


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for member, data in members:
            info = zipfile.ZipInfo(member, (2024, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if member == "mimetype" else method
            z.writestr(info, data)
    return out.getvalue()


fails("zip", "a zip with a CSV in it", zipped([("meetings.csv", HEAD + ANA_LINE + "x\n")]), "file_is_archive")
fails("zip_bomb", "10 MB of zeros in 10 KB: never unpacked", zipped([("bomb.csv", b"\0" * 10_000_000)]), "file_is_archive")
fails("gzip", "gzip", gzip.compress((HEAD + ANA_LINE + "x\n").encode(), mtime=0), "file_is_archive")
fails("docx", "a document is a zip, not a spreadsheet", zipped([("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>")]), "file_is_archive")
fails("xlsx", "a workbook", zipped([("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<r/>"), ("xl/workbook.xml", "<workbook/>"),
                                    ("xl/worksheets/sheet1.xml", "<worksheet/>")]), "file_is_spreadsheet")
fails("ods", "LibreOffice's own", zipped([("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>")]), "file_is_spreadsheet")
fails("xls", "a workbook of old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "file_is_spreadsheet")
for mark, kind in [(b"BZh91AY&SY", "bzip2"), (b"\xfd7zXZ\0\0\x04", "xz"), (b"\x28\xb5\x2f\xfd\x04\x58", "zstd"), (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
                   (b"Rar!\x1a\x07\x01\0", "rar"), (b"meetings.csv" + b"\0" * 245 + b"ustar\x0000", "tar")]:
    fails("archive_" + kind, kind, mark + bytes(range(64)), "file_is_archive")
fails("html", "a page that calls itself a sheet", b"<html><table><tr><td>Nombre</td></tr></table></html>\n", "columns_missing",
      {"columns": COLUMNS, "headers": ["<html><table><tr><td>Nombre</td></tr></table></html>"]})
fails("json", "an API's answer", b'[{"name":"Ana"},{"name":"Bruno"}]\n', "columns_missing")

# ---- made by hand ----
raw("utf8_two_marks", "the second mark is part of a header that is still known", BOM8 + BOM8 + (HEAD + ANA_LINE + "diez letras\n").encode(),
    [at(2, row(text="diez letras"))], fmt={"bom": True, "headers": ["\ufeffNombre"] + ES[1:], "columns": dict(zip(COLUMNS, ["\ufeffNombre"] + ES[1:]))})
raw("utf16_half_a_pair", "half a character is its row's error",
    LE + (HEAD + ANA_LINE + "todo bien aquí\n" + ANA_LINE + "Texto roto @ aquí mismo\n").encode("utf-16-le").replace(b"@\0 \0", b"\x3d\xd8 \0"),
    [at(2, row(text="todo bien aquí")), {"line": 3, "problems": [["transcript", "encoding_invalid"]]}], fmt={"encoding": "utf-16le", "bom": True})
raw("utf16_odd_length", "and so is half a unit at the end", LE + (HEAD + ANA_LINE + "todo bien aquí").encode("utf-16-le") + b"x",
    [{"line": 2, "problems": [["transcript", "encoding_invalid"]]}], fmt={"encoding": "utf-16le", "bom": True})
raw("nul_byte_in_the_header", "a zero in a header that nobody reads", HEAD[:-1] + ",Ot\0a\n" + ANA_LINE + "diez letras,x\n", [at(2, row(text="diez letras"))],
    fmt={"headers": ES + ["Ot\ufffda"]})
fails("header_too_wide", "more columns than any CRM has", (",".join(f"c{i}" for i in range(1025)) + "\n").encode(), "csv_too_many_columns", {"max": 1024, "found": 1025})


def main():
    check = "--check" in sys.argv
    want = {}
    for name, (data, expect) in files.items():
        want[name + ".csv"] = data
        want[name + ".json"] = (json.dumps(expect, ensure_ascii=False, indent=1) + "\n").encode()
    here = {p.name for p in HERE.iterdir() if p.suffix in (".csv", ".json")}
    bad = sorted((here ^ want.keys()) | {n for n in here & want.keys() if (HERE / n).read_bytes() != want[n]})
    if check:
        if bad:
            sys.exit("not as generate.py writes them: " + " ".join(bad))
        return
    for n in here - want.keys():
        (HERE / n).unlink()
    for n, data in want.items():
        (HERE / n).write_bytes(data)
    print(len(files), "files")


main()
