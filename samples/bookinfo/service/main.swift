print("bookinfo")
