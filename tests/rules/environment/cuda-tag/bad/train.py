import torch
import torchvision

print(torch.zeros(1), torchvision)
