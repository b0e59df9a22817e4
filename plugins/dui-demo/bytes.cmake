# cmake -DIN=file -DOUT=file.inc -P bytes.cmake: the bytes of IN as a C initialiser, with a NUL.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," data "${hex}")
file(WRITE "${OUT}" "${data}0x00\n")
