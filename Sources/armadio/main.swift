print("armadio")
